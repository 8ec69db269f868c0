//! A backfill as the API shows it.

use jiff::Timestamp;
use leadyard_domain::backfill::{Backfill, BackfillState, Counts};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, Schema, Type};

/// A backfill.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackfillView {
    /// Its id.
    id: String,
    /// The automation.
    automation: String,
    /// The destination that is told.
    destination: String,
    /// Where it stands.
    #[schema(schema_with = state_schema)]
    state: &'static str,
    /// Why it failed. When that is mended, resume it: it goes on where it was.
    reason: Option<String>,
    /// Which leads.
    filter: FilterView,
    /// Most leads a minute.
    per_minute: u32,
    /// How far it is.
    progress: ProgressView,
    /// When it was begun.
    started_at: Timestamp,
    /// By whom: the name of the API key.
    started_by: String,
    /// When its last step was taken.
    moved_at: Option<Timestamp>,
    /// When it came to its end.
    finished_at: Option<Timestamp>,
}

/// Which leads a backfill is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilterView {
    /// Leads of this type,
    entity: String,
    /// that were created then or later,
    from: Timestamp,
    /// and before this.
    until: Timestamp,
    /// Whether the automation's `when` has to hold.
    when: bool,
    /// Of this source only.
    source: Option<String>,
}

/// What became of leads.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressView {
    /// Leads that were looked at.
    seen: u64,
    /// Of those, the ones that are told. A version that was told before is not told again.
    told: u64,
    /// The others, by why they are passed over.
    passed_over: PassedOverView,
}

/// Why leads are passed over.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassedOverView {
    /// They are of another type or source.
    other: u64,
    /// The automation's `when` does not hold.
    unmet: u64,
    /// All of it came from the other account.
    known: u64,
    /// They have no field.
    empty: u64,
    /// They were erased.
    erased: u64,
}

fn state_schema() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Where it stands."))
        .enum_values(Some(BackfillState::ALL.map(BackfillState::name)))
        .into()
}

impl From<Counts> for ProgressView {
    fn from(counts: Counts) -> Self {
        let Counts { seen, told, other, unmet, known, empty, erased } = counts;
        Self { seen, told, passed_over: PassedOverView { other, unmet, known, empty, erased } }
    }
}

impl From<Backfill> for BackfillView {
    fn from(backfill: Backfill) -> Self {
        let filter = backfill.filter;
        Self {
            id: backfill.id.into(),
            automation: backfill.automation.into(),
            destination: backfill.destination.into(),
            state: backfill.state.name(),
            reason: backfill.reason,
            filter: FilterView {
                entity: filter.entity.into(),
                from: filter.from,
                until: filter.until,
                when: filter.when,
                source: filter.source.map(Into::into),
            },
            per_minute: backfill.per_minute,
            progress: backfill.counts.into(),
            started_at: backfill.started_at,
            started_by: backfill.started_by,
            moved_at: backfill.moved_at,
            finished_at: backfill.finished_at,
        }
    }
}
