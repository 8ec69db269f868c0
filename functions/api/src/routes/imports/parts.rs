//! The parts of a file, each sent by itself: in any order, at once, again.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::header;
use leadyard_domain::id::ImportId;
use leadyard_domain::import::{PART_BYTES_MAX, PARTS_MAX, Part, PartRefused};
use leadyard_runtime::now;
use leadyard_sources::csv::may_be_utf8;

use super::{ImportView, TRIES_MAX, find, write};
use crate::app::App;
use crate::auth::Operator;
use crate::body::Ids;
use crate::problem::{Kind, Problem};

/// The raw bytes of a file, or of a part of one.
pub(crate) struct FileBytes(pub(super) Vec<u8>);

/// U+FFFD in UTF-8: what stands where a character was lost.
const LOST: &[u8] = "\u{fffd}".as_bytes();

impl<S: Send + Sync> FromRequest<S> for FileBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let as_text = content_type.is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/"));
        let bytes = to_bytes(request.into_body(), PART_BYTES_MAX).await.map_err(|_| {
            let most = PART_BYTES_MAX / (1024 * 1024);
            let detail = format!(
                "The body is over {most} MiB, the most for one request. Make an import with POST /v1/imports and send the \
                 file in parts: PUT /v1/imports/{{id}}/parts/{{n}}."
            );
            Problem::new(Kind::TooLarge, detail)
        })?;
        if bytes.is_empty() {
            return Err(Problem::new(Kind::BadRequest, "The body is empty: send the bytes of the file."));
        }
        if as_text && bytes.windows(LOST.len()).any(|window| window == LOST) {
            let detail = "The body has characters that were lost on the way: a text that is not UTF-8 does not come through \
                          as text/csv. Send it as application/octet-stream.";
            return Err(Problem::new(Kind::BadRequest, detail));
        }
        Ok(Self(bytes.into()))
    }
}

/// Why a part is not taken, as the API says it.
pub(super) fn refused(error: PartRefused) -> Problem {
    let kind = match error {
        PartRefused::Started(_) => Kind::WrongState,
        PartRefused::TooLarge { .. } => Kind::TooLarge,
    };
    let mut detail = error.to_string();
    detail[..1].make_ascii_uppercase();
    Problem::new(kind, format!("{detail}."))
}

/// Send a part of a file
///
/// The file is its parts in the order of their numbers, from 1 without a gap; cut it anywhere. Parts may come in any order, at
/// once, and again: the same bytes change nothing, others take their place. `GET /v1/imports/{id}` shows which ones are there.
#[utoipa::path(
    put,
    path = "/v1/imports/{id}/parts/{n}",
    tag = "imports",
    operation_id = "put_import_part",
    security(("api_key" = ["operator"])),
    params(
        ("id" = String, Path, description = "The import."),
        ("n" = u32, Path, description = "The number of the part, 1 to 200.")
    ),
    request_body(
        description = "The raw bytes, at most 4 MiB.",
        content((String = "application/octet-stream"), (String = "text/csv"))
    ),
    responses(
        (status = 200, description = "It is there.", body = ImportView),
        (status = 400, description = "The body is empty, or lost characters on its way."),
        (status = 404, description = "The account has no such import, or a file no such part."),
        (status = 409, description = "The import was started: it takes no parts any more."),
        (status = 413, description = "The part is over 4 MiB, or the file would be over 50 MiB."),
    )
)]
pub(crate) async fn put(
    Operator(caller): Operator,
    State(app): State<App>,
    Ids(id, number): Ids<ImportId, PartNumber>,
    FileBytes(bytes): FileBytes,
) -> Result<Json<ImportView>, Problem> {
    let part = Part::of(number.0, &bytes, may_be_utf8(&bytes, number.0 == 1));
    let mut written = false;
    for number in 1..=TRIES_MAX {
        let mut import = find(&app, &caller.account, &id).await?;
        // Before any byte is written: what is refused costs nothing.
        if !import.add_part(part.clone()).map_err(refused)? {
            return Ok(Json(import.into()));
        }
        if !written {
            app.store.write_part(&caller.account, &id, &part, &bytes, now()).await?;
            written = true;
        }
        if write(&app, &caller, &import, None, number).await? {
            return Ok(Json(import.into()));
        }
    }
    Err(Problem::overtaken())
}

/// The number of a part.
pub(crate) struct PartNumber(u32);

impl std::str::FromStr for PartNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (1..=PARTS_MAX).contains(number));
        number.map(Self).ok_or_else(|| format!("the number of a part is 1 to {PARTS_MAX}"))
    }
}
