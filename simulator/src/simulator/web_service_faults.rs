//! What is wrong with the web services, one thing at a time.

use super::{Simulator, lock};
use crate::faults::WebServiceFault;

impl Simulator {
    /// Breaks the web services until they are [mended](Self::mend_web_services) or broken in
    /// another way.
    pub fn break_web_services(&self, fault: WebServiceFault) {
        *self.change(&self.web_service_fault) = Some(fault);
    }

    /// The web services work again. Requests that are not to be answered stay unanswered.
    pub fn mend_web_services(&self) {
        *self.change(&self.web_service_fault) = None;
    }

    /// What is wrong with the web services.
    pub fn web_service_fault(&self) -> Option<WebServiceFault> {
        *lock(&self.web_service_fault)
    }
}
