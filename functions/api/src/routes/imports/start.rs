//! Starting an import, and stopping it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::SignedDuration;
use leadyard_domain::id::ImportId;
use leadyard_domain::import::{Import, ImportState, Layout, START_DAYS};
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::{Outgoing, SendError, now};
use leadyard_sources::csv::{Detected, detect};
use leadyard_store::Piece;

use super::{ImportView, TRIES_MAX, find, known_source, write};
use crate::app::{App, send};
use crate::auth::Operator;
use crate::body::Id;
use crate::problem::{Finding, Kind, Problem};

/// How a file is read, or everything that keeps it from that.
pub(super) fn readable(detected: Detected) -> Result<Layout, Problem> {
    detected.layout().map_err(|problems| {
        let findings = problems.into_iter().map(|message| Finding { path: "header".to_owned(), message }).collect();
        Problem::refused(
            "The file's header can't be used; nothing was started. Mend the file and send it again.",
            findings,
        )
    })
}

/// When the next step of an import that is started is asked for once more. The function ends within 29 s.
const FOLLOW_UP_S: u16 = 30;

/// Asks for the first step of an import before it is on record that it runs: the message arrives after this request is over,
/// whatever became of it. So an import that runs has somebody to take its steps; one that was not recorded has none to take.
///
/// # Errors
/// The queue is away. Then nothing is to be recorded.
pub(super) async fn announce(app: &App, import: &Import) -> Result<(), Problem> {
    send(&app.queues.leads, step(import).map(|message| message.delayed(FOLLOW_UP_S))).await
}

/// Asks for the first step of an import that was [announced](announce), at once.
pub(super) async fn begin(app: &App, import: &Import) {
    if let Err(problem) = go_on(app, import).await {
        let (account, import) = (&import.account, &import.id);
        tracing::warn!(%account, %import, problem = problem.detail(), "the import's first step is asked for again in a moment");
    }
}

fn step(import: &Import) -> Result<Outgoing, SendError> {
    let (account, id) = (import.account.clone(), import.id.clone());
    let message = LeadsMessage::Import { account, import: id, from: import.step + 1 };
    Outgoing::json(import.id.as_str(), import.group(), &message)
}

/// Asks for the next step of an import. One for a step that is still to come takes the one that is due, whichever it is then.
pub(super) async fn go_on(app: &App, import: &Import) -> Result<(), Problem> {
    send(&app.queues.leads, step(import)).await
}

/// The form of a file, by its beginning.
pub(super) async fn form(app: &App, import: &Import) -> Result<(Detected, Vec<u8>), Problem> {
    if import.parts.first().is_none_or(|part| part.number != 1) {
        let detail = "Part 1 of the file is not there: send it with PUT /v1/imports/{id}/parts/1.";
        return Err(Problem::new(Kind::WrongState, detail));
    }
    match app.store.read_piece(import, 0).await? {
        Piece::Bytes(bytes) => {
            let whole = u64::try_from(bytes.len()).is_ok_and(|length| length == import.bytes());
            Ok((detect(&bytes, whole, import.may_be_utf8(), import.asked), bytes))
        }
        Piece::End | Piece::Gone => Err(expired()),
    }
}

fn expired() -> Problem {
    let detail =
        format!("The file waits for longer than {START_DAYS} days and its bytes are not kept: make another import.");
    Problem::new(Kind::WrongState, detail)
}

/// Start an import
///
/// When all parts are there. Its rows become events of the source, some at a time; leads that come meanwhile do not wait behind
/// them. One that failed goes on where it was. One that runs is asked to go on, which is harmless.
#[utoipa::path(
    post,
    path = "/v1/imports/{id}/start",
    tag = "imports",
    operation_id = "start_import",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The import.")),
    responses(
        (status = 202, description = "It runs.", body = ImportView),
        (status = 404, description = "The account has no such import."),
        (status = 409, description = "A part is missing, it is over, or its file has waited for too long."),
        (status = 422, description = "The file has no header that can be read, or the config in force has no such source."),
    )
)]
pub(crate) async fn start(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<ImportId>,
) -> Result<(StatusCode, Json<ImportView>), Problem> {
    let mut announced = false;
    for number in 1..=TRIES_MAX {
        let mut import = find(&app, &caller.account, &id).await?;
        match import.state {
            ImportState::Running => go_on(&app, &import).await?,
            ImportState::Done | ImportState::Cancelled => {
                let detail = format!("The import is {}: make another one.", import.state.name());
                return Err(Problem::new(Kind::WrongState, detail));
            }
            ImportState::Uploading | ImportState::Failed => {
                known_source(&app, &caller.account, &import.source).await?;
                let layout = if import.layout.is_some() { None } else { Some(first_layout(&app, &import).await?) };
                import.start(layout, now());
                if !announced {
                    announce(&app, &import).await?;
                    announced = true;
                }
                if !write(&app, &caller, &import, Some("import.start"), number).await? {
                    continue;
                }
                begin(&app, &import).await;
            }
        }
        return Ok((StatusCode::ACCEPTED, Json(import.into())));
    }
    Err(Problem::overtaken())
}

async fn first_layout(app: &App, import: &Import) -> Result<Layout, Problem> {
    let missing: Vec<String> = import.missing().iter().take(20).map(u32::to_string).collect();
    if !missing.is_empty() {
        let detail = format!("Of the file's parts these are missing: {}. Send them first.", missing.join(", "));
        return Err(Problem::new(Kind::WrongState, detail));
    }
    if now().duration_since(import.created_at) > SignedDuration::from_hours(START_DAYS * 24) {
        return Err(expired());
    }
    readable(form(app, import).await?.0)
}

/// Stop an import
///
/// No further rows are read. Those that are in the queue are still settled, and leads that were made stay. It can't be started
/// again: import the rows that are left as a file of their own.
#[utoipa::path(
    post,
    path = "/v1/imports/{id}/cancel",
    tag = "imports",
    operation_id = "cancel_import",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The import.")),
    responses(
        (status = 200, description = "It reads no further.", body = ImportView),
        (status = 404, description = "The account has no such import."),
        (status = 409, description = "It is done."),
    )
)]
pub(crate) async fn cancel(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<ImportId>,
) -> Result<Json<ImportView>, Problem> {
    for number in 1..=TRIES_MAX {
        let mut import = find(&app, &caller.account, &id).await?;
        match import.state {
            ImportState::Cancelled => return Ok(Json(import.into())),
            ImportState::Done => {
                return Err(Problem::new(Kind::WrongState, "The import is done: there is nothing to stop."));
            }
            ImportState::Uploading | ImportState::Running | ImportState::Failed => import.cancel(now()),
        }
        if write(&app, &caller, &import, Some("import.cancel"), number).await? {
            return Ok(Json(import.into()));
        }
    }
    Err(Problem::overtaken())
}
