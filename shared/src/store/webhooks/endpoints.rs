//! The endpoints of publishers. Apart from the publisher's own items, which every function reads.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::{SignedDuration, Timestamp};

use crate::domain::fact::later;
use crate::domain::id::PublisherId;
use crate::domain::webhook::{Endpoint, EndpointId, MOST_ENDPOINTS, State};
use crate::store::{Item, StoreError, Table, from_item, key, string, to_item};

/// What arrives at a busy endpoint is noted once in a while, because its item takes a thousand
/// writes a second and no more.
const NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Finds endpoints, and writes them.
#[derive(Debug, Clone)]
pub struct Endpoints {
    table: Table,
}

/// What became of a new endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Added,
    /// The publisher has [`MOST_ENDPOINTS`] already.
    TooMany,
}

impl Endpoints {
    /// The endpoints of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// Adds an endpoint. Two at once may make it one too many.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn add(
        &self,
        publisher: &PublisherId,
        endpoint: &Endpoint,
    ) -> Result<Added, StoreError> {
        if self.list(publisher).await?.len() >= MOST_ENDPOINTS {
            return Ok(Added::TooMany);
        }
        let mut item = to_item(endpoint)?;
        item.extend(endpoint_key(publisher, &endpoint.id));
        self.table.put(item).await?;
        Ok(Added::Added)
    }

    /// The endpoints of a publisher, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn list(&self, publisher: &PublisherId) -> Result<Vec<Endpoint>, StoreError> {
        let items = self.table.all_beginning(string(pk(publisher)), "ENDPOINT#").await?;
        items.into_iter().map(from_item).collect()
    }

    /// An endpoint; none where there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn find(
        &self,
        publisher: &PublisherId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, StoreError> {
        let item = self.table.get(&endpoint_key(publisher, id), true).await?;
        item.map(from_item).transpose()
    }

    /// Takes an endpoint away. Its delivery log stays for its time.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn remove(&self, publisher: &PublisherId, id: &EndpointId) -> Result<(), StoreError> {
        let request = self.table.client.delete_item().table_name(&self.table.name);
        let request = request.set_key(Some(endpoint_key(publisher, id)));
        request.send().await.map(drop).map_err(StoreError::unavailable)
    }

    /// Pauses an endpoint or enables it, in which case it is no longer failing. Gives it as it is
    /// then; none where it is gone.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn set_state(
        &self,
        publisher: &PublisherId,
        id: &EndpointId,
        state: State,
    ) -> Result<Option<Endpoint>, StoreError> {
        let change = match state {
            State::Enabled => "SET #state = :state REMOVE failing_since",
            State::Paused { .. } => "SET #state = :state",
        };
        let request = self.table.client.update_item().update_expression(change);
        let request = request.expression_attribute_names("#state", "state");
        let state = serde_dynamo::to_attribute_value(state).map_err(StoreError::corrupt)?;
        self.change(request.expression_attribute_values(":state", state), publisher, id).await
    }

    /// Notes that something arrived.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn succeeded(
        &self,
        publisher: &PublisherId,
        endpoint: &Endpoint,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if endpoint.failing_since.is_none() && is_noted(endpoint.last_success_at, at) {
            return Ok(());
        }
        let request = self.table.client.update_item();
        let request = request
            .update_expression("SET last_success_at = :at REMOVE failing_since")
            .expression_attribute_values(":at", string(at.to_string()));
        self.change(request, publisher, &endpoint.id).await.map(drop)
    }

    /// Notes that something did not arrive. Gives the endpoint as it is then.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn failed(
        &self,
        publisher: &PublisherId,
        endpoint: &Endpoint,
        at: Timestamp,
    ) -> Result<Option<Endpoint>, StoreError> {
        if endpoint.failing_since.is_some() && is_noted(endpoint.last_failure_at, at) {
            return Ok(Some(endpoint.clone()));
        }
        let request = self.table.client.update_item();
        let request = request
            .update_expression(
                "SET last_failure_at = :at, failing_since = if_not_exists(failing_since, :at)",
            )
            .expression_attribute_values(":at", string(at.to_string()));
        self.change(request, publisher, &endpoint.id).await
    }

    async fn change(
        &self,
        request: UpdateItemFluentBuilder,
        publisher: &PublisherId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, StoreError> {
        let request = request
            .set_key(Some(endpoint_key(publisher, id)))
            .condition_expression("attribute_exists(pk)")
            .return_values(ReturnValue::AllNew);
        self.table.update(request).await?.map(from_item).transpose()
    }
}

fn is_noted(last: Option<Timestamp>, at: Timestamp) -> bool {
    last.is_some_and(|last| at < later(last, NOTED_EVERY))
}

fn pk(publisher: &PublisherId) -> String {
    format!("WEBHOOKS#{publisher}")
}

fn endpoint_key(publisher: &PublisherId, id: &EndpointId) -> Item {
    key(&pk(publisher), &format!("ENDPOINT#{id}"))
}
