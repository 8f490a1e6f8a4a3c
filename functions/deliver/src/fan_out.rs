//! An event becomes a delivery to each endpoint that takes it.

use usher::domain::event::message::EventMessage;
use usher::domain::webhook::Endpoint;
use usher::domain::webhook::delivery::{Delivery, DeliveryId, Status};
use usher::store::webhooks::Told;
use usher::webhooks::QueueMessage;

use crate::{Deliver, Done, NotDone};

impl Deliver {
    /// Writes the deliveries down and sends each on its way. Doing it again does nothing twice, so
    /// that an event of which one endpoint's failed may come again as a whole.
    pub(crate) async fn fan_out(&self, mut message: EventMessage) -> Result<Done, NotDone> {
        // The bus carries nobody's address, and the log keeps none.
        if let Some(customer) = &mut message.data.customer {
            (customer.email, customer.external_id) = (None, None);
        }
        let endpoints = self.endpoints.list(&message.publisher_id).await?;
        for endpoint in endpoints.iter().filter(|endpoint| endpoint.takes(message.kind)) {
            self.tell(endpoint, &message).await?;
        }
        Ok(Done::Off)
    }

    async fn tell(&self, endpoint: &Endpoint, message: &EventMessage) -> Result<(), NotDone> {
        let publisher = &message.publisher_id;
        let delivery = Delivery::new(message.clone(), endpoint.is_paused(), self.clock.now());
        let id = match self.deliveries.begin(publisher, &endpoint.id, &delivery).await? {
            Told::New if endpoint.is_paused() => None,
            Told::New => Some(delivery.id()),
            Told::Known(known) => was_never_sent(&known.delivery),
        };
        if let Some(id) = id {
            let body = QueueMessage::of_delivery(publisher, &endpoint.id, &id);
            self.queue.send(&body).await?;
        }
        Ok(())
    }
}

/// The key of a delivery that was written down and perhaps not sent on its way: nobody has tried it.
fn was_never_sent(delivery: &Delivery) -> Option<DeliveryId> {
    let is_untried = delivery.log.is_empty();
    let is_pending = matches!(delivery.status, Status::Pending { .. });
    (is_untried && is_pending).then(|| delivery.id())
}
