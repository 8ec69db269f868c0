//! Importing a file, some rows a step. A step looks what became of the rows that are in the queue, reads as many further ones
//! as there is room for, and asks for the next step.
//!
//! Rows go through the same queue as all leads and are captured and decided like them. So that a lead that comes meanwhile
//! does not wait behind a hundred thousand rows, only some are in the queue at a time, in a message group of their own.
//!
//! First the rows and the next step's message are sent, then the step is recorded. A step that breaks off in between is taken
//! again by either message: its rows have the same ids as before, so that none becomes two leads and none is lost. Of two
//! messages that take the same step one records it; what the other one sent is late then.

use jiff::Timestamp;
use leadyard_domain::event::{Identity, Intent, Origin, Received};
use leadyard_domain::id::{AccountId, EventId, ImportId};
use leadyard_domain::import::{BadRow, Import, ImportState};
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::Outgoing;
use leadyard_sources::csv::{Line, Reader, column_of, payload};
use leadyard_store::{ImportStep, Piece, Ruled, StoreError};

use crate::attend::AttendError;
use crate::handler::Evaluate;
use crate::outbox::Effects;
use crate::point::Point;

/// Seconds between two steps while rows move.
const PAUSE_S: i64 = 2;
/// Seconds between two steps when nothing has moved for long.
const PAUSE_MAX_S: i64 = 300;
/// Most bytes that a step reads: it is short, for leads wait for the function meanwhile.
const READ_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most bad rows that a step finds: they go into one item.
const BAD_MAX: usize = 500;
/// Most bytes of a row's message. SQS takes a megabyte, and the event has to fit into an item.
const MESSAGE_BYTES_MAX: usize = 512 * 1024;
/// Most times that a step is recorded anew because a person changed the import.
const TRIES_MAX: u32 = 8;

impl Evaluate {
    /// Takes the next step of an import.
    pub(crate) async fn import(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        id: &ImportId,
        from: u64,
    ) -> Result<(), AttendError> {
        let Some(known) = self.store.import(account, id).await? else {
            tracing::warn!(%account, import = %id, "a message names an import that is not there");
            return Ok(());
        };
        if from < known.step || known.finished_at.is_some() || known.state == ImportState::Uploading {
            return Ok(());
        }
        let now = (self.now)();
        let mut step = Step { import: known.clone(), bad: Vec::new(), effects: Effects::default() };
        self.settle_rows(&mut step, now).await?;
        if known.state == ImportState::Running {
            self.read_rows(ruled, &mut step, now).await?;
        }
        let Step { mut import, bad, mut effects } = step;
        import.step += 1;
        if import.counts != known.counts || import.place != known.place {
            import.moved_at = Some(now);
        }
        import.end(now);
        if import.finished_at.is_none() {
            effects.go_on(&import, pause(&import, now))?;
        }
        self.outbox.send(effects).await?;
        let log_days = ruled.rules.checked().config().account.log_days;
        self.record(&known, ImportStep { import, bad, log_days, now }).await
    }

    /// Looks what became of the rows that are in the queue.
    async fn settle_rows(&self, step: &mut Step, now: Timestamp) -> Result<(), AttendError> {
        let import = &mut step.import;
        let rows: Vec<(u64, EventId)> = import.pending.iter().map(|row| (*row, import.event_of(*row))).collect();
        let events: Vec<EventId> = rows.iter().map(|(_, event)| event.clone()).collect();
        let outcomes = self.store.event_outcomes(&import.account, &events).await?;
        for (row, event) in rows {
            if let Some((status, reason)) = outcomes.get(&event) {
                step.bad.extend(import.settle(row, *status, reason.as_deref()));
            }
        }
        if outcomes.is_empty() {
            step.bad.extend(import.give_up(now));
        }
        Ok(())
    }

    /// Reads as many rows as there is room for.
    async fn read_rows(&self, ruled: &Ruled, step: &mut Step, now: Timestamp) -> Result<(), AttendError> {
        let Some(layout) = step.import.layout.clone() else {
            step.fail("how the file is read is not on record: make another import");
            return Ok(());
        };
        let mut reader = Reader::new(layout.encoding, layout.delimiter, step.import.place);
        let (mut offset, mut read, mut ended) = (step.import.place.offset, 0, false);
        while step.has_room() {
            if let Some(line) = reader.next_line() {
                step.take(ruled, &layout.header, line, now)?;
                if step.import.state != ImportState::Running {
                    // The row is read again when the import goes on.
                    return Ok(());
                }
                step.import.place = reader.place();
                continue;
            }
            step.import.place = reader.place();
            if ended {
                step.import.read_all = true;
            }
            if ended || read >= READ_BYTES_MAX {
                return Ok(());
            }
            match self.store.read_piece(&step.import, offset).await? {
                Piece::Bytes(bytes) => {
                    reader.feed(&bytes);
                    read += bytes.len();
                    offset += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                }
                Piece::End => {
                    reader.end();
                    ended = true;
                }
                Piece::Gone => {
                    step.fail(
                        "the bytes of the file are not kept any more: make another import of the rows that are left",
                    );
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Records a step. A person may have stopped or started the import meanwhile: that stands, and so does what was read.
    async fn record(&self, known: &Import, mut step: ImportStep) -> Result<(), AttendError> {
        for _ in 0..TRIES_MAX {
            self.outbox.points.reach(Point::BeforeCommit);
            let recorded = self.store.record_step(&step).await;
            match recorded {
                Ok(()) => {
                    self.outbox.points.reach(Point::AfterCommit);
                    report(&step.import);
                    return Ok(());
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            let Some(latest) = self.store.import(&known.account, &known.id).await? else { return Ok(()) };
            if latest.step != known.step {
                return Ok(());
            }
            let import = &mut step.import;
            import.version = latest.version;
            if latest.state != known.state {
                (import.state, import.reason, import.finished_at) = (latest.state, latest.reason, None);
                import.end(step.now);
            }
        }
        Err(AttendError::Overtaken)
    }
}

/// A step while it is taken.
struct Step {
    import: Import,
    bad: Vec<BadRow>,
    effects: Effects,
}

impl Step {
    fn has_room(&self) -> bool {
        self.import.room() > 0 && self.bad.len() < BAD_MAX
    }

    fn fail(&mut self, reason: impl Into<String>) {
        self.import.state = ImportState::Failed;
        self.import.reason = Some(reason.into());
    }

    fn refuse(&mut self, bad: BadRow) {
        self.import.refuse();
        self.bad.push(bad);
    }

    /// Makes an event of a row, or a line of the report. What the source would fail is told at once and makes no event.
    fn take(&mut self, ruled: &Ruled, header: &[String], line: Line, now: Timestamp) -> Result<(), AttendError> {
        let checked = ruled.rules.checked();
        let Some(source) = checked.source(&self.import.source) else {
            let source = &self.import.source;
            self.fail(format!(
                "the source '{source}' is not in the config any more: put it back and start the import again"
            ));
            return Ok(());
        };
        let row = line.row;
        let payload = match payload(header, line) {
            None => return Ok(()),
            Some(Ok(payload)) => payload,
            Some(Err(bad)) => {
                self.refuse(bad);
                return Ok(());
            }
        };
        let received = received(&self.import, row, payload, now);
        if let Err(error) = leadyard_sources::capture_event(checked, source, &received) {
            self.refuse(BadRow::refused(row, column_of(&error), &error.to_string()));
            return Ok(());
        }
        let id = received.event.to_string();
        let message = LeadsMessage::Received { event: Box::new(received), retry: false };
        let outgoing = Outgoing::json(id, self.import.group(), &message)?;
        if outgoing.body.len() > MESSAGE_BYTES_MAX {
            self.refuse(BadRow::refused(row, None, "the row is too long to be sent on"));
            return Ok(());
        }
        self.effects.row(outgoing);
        self.import.take(row);
        Ok(())
    }
}

/// The event of a row. Its id is made of the import and the row, so that a row that is read again is the same event.
fn received(
    import: &Import,
    row: u64,
    payload: serde_json::Map<String, serde_json::Value>,
    now: Timestamp,
) -> Received {
    Received {
        account: import.account.clone(),
        source: import.source.clone(),
        event: import.event_of(row),
        received_at: now,
        identity: Identity::External(import.external_id(row)),
        payload,
        origin: Origin::default(),
        intent: Intent::Capture,
    }
}

/// Seconds until the next step: the longer nothing moves, the longer.
fn pause(import: &Import, now: Timestamp) -> u16 {
    let still = import.moved_at.map_or(0, |moved| now.duration_since(moved).as_secs());
    u16::try_from(still.clamp(PAUSE_S, PAUSE_MAX_S)).unwrap_or(u16::MAX)
}

fn report(import: &Import) {
    let Import { account, id, step, state, counts, pending, .. } = import;
    let (state, read, refused, waiting) = (state.name(), counts.read, counts.refused, pending.len());
    tracing::info!(%account, import = %id, step, state, read, refused, waiting, "import goes on");
}
