//! The worker of the webhooks: signs and sends events.
