//! The table's definition, for emulators: tests and the local stack make the same table that `template.yaml` makes.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};

use crate::error::StoreError;
use crate::keys::{BY_OWNER, BY_TIME, OWNER_PK, OWNER_SK, PK, SK, TIME_PK, TIME_SK};
use crate::write::unbuilt;

/// What the index by time shows beside its keys.
const BY_TIME_SHOWS: [&str; 7] = ["status", "source", "lead_id", "destination", "kind", "reason", "entity"];

/// Creates the table with both indexes.
///
/// # Errors
/// [`StoreError`].
pub async fn create(client: &Client, table: &str) -> Result<(), StoreError> {
    let shows = BY_TIME_SHOWS.map(str::to_owned).to_vec();
    let by_time = Projection::builder().projection_type(ProjectionType::Include).set_non_key_attributes(Some(shows));
    let by_owner = Projection::builder().projection_type(ProjectionType::KeysOnly);
    let indexes = vec![
        index(BY_TIME, TIME_PK, TIME_SK, by_time.build()).map_err(unbuilt)?,
        index(BY_OWNER, OWNER_PK, OWNER_SK, by_owner.build()).map_err(unbuilt)?,
    ];
    let names = [PK, SK, TIME_PK, TIME_SK, OWNER_PK, OWNER_SK];
    let attributes = names
        .map(|name| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build());
    let request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.into_iter().collect::<Result<_, _>>().map_err(unbuilt)?))
        .set_key_schema(Some(key_schema(PK, SK).map_err(unbuilt)?))
        .set_global_secondary_indexes(Some(indexes));
    request.send().await.map_err(StoreError::of("CreateTable"))?;
    Ok(())
}

fn key_schema(partition: &str, sort: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    [(partition, KeyType::Hash), (sort, KeyType::Range)]
        .into_iter()
        .map(|(name, key_type)| KeySchemaElement::builder().attribute_name(name).key_type(key_type).build())
        .collect()
}

fn index(name: &str, partition: &str, sort: &str, projection: Projection) -> Result<GlobalSecondaryIndex, BuildError> {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(key_schema(partition, sort)?))
        .projection(projection)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The emulator's table and the real one have the same keys and indexes.
    #[test]
    fn the_template_says_the_same() {
        let template = include_str!("../../../template.yaml");
        let says = |text: String| assert!(template.contains(&text), "template.yaml does not say {text:?}");
        for name in [PK, SK, TIME_PK, TIME_SK, OWNER_PK, OWNER_SK] {
            says(format!("{{ AttributeName: {name}, AttributeType: S }}"));
        }
        for (partition, sort) in [(PK, SK), (TIME_PK, TIME_SK), (OWNER_PK, OWNER_SK)] {
            says(format!("{{ AttributeName: {partition}, KeyType: HASH }}"));
            says(format!("{{ AttributeName: {sort}, KeyType: RANGE }}"));
        }
        says(format!("IndexName: {BY_TIME}"));
        says(format!("NonKeyAttributes: [{}]", BY_TIME_SHOWS.join(", ")));
        says(format!("IndexName: {BY_OWNER}"));
        says("TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }".to_owned());
    }
}
