// The page of a publisher's web site that shows a customer their account, in Cleeng's components.

import {
  Config,
  PaymentInfo,
  PlanDetails,
  store,
  TransactionList,
  UpdateProfile
} from '@cleeng/mediastore-sdk';
import { createRoot } from 'react-dom/client';
import { Provider } from 'react-redux';

window.mountAccount = ({ publisherId, jwt, refreshToken }) => {
  Config.setPublisher(publisherId);
  Config.setEnvironment('production');
  Config.setJWT(jwt);
  Config.setRefreshToken(refreshToken);
  createRoot(document.getElementById('account')).render(
    <Provider store={store}>
      <section id='plan'>
        <PlanDetails />
      </section>
      <section id='transactions'>
        <TransactionList />
      </section>
      <section id='payment'>
        <PaymentInfo />
      </section>
      <section id='profile'>
        <UpdateProfile />
      </section>
    </Provider>
  );
};
