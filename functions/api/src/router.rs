//! Every route, and what all of them share.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use axum::{Router, middleware};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::routes::assignees::{self, availability};
use crate::routes::automations::{self, backfill};
use crate::routes::deliveries::many;
use crate::routes::destinations::{health, trial};
use crate::routes::imports;
use crate::routes::leads::{self, activities, contact, edit, erase, handback, stage};
use crate::routes::queues::{self, claim};
use crate::routes::sources::{log as source_log, reconcile, settings};
use crate::routes::{
    backfills, config, deliveries, entries, events, formats, lists, meta, parked, partners, pools, secrets, simulate,
    sources, suppressions, versions,
};
use crate::{log, openapi};

/// The API.
pub fn router(app: App) -> Router {
    let (router, _) = described().split_for_parts();
    router
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::map_response(keep_nowhere))
        .layer(middleware::from_fn(log::request_line))
        .with_state(app)
}

/// The routes with their descriptions: both come from the handlers, so they cannot part.
pub fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(config::publish, config::read))
        .routes(routes!(config::schema))
        .routes(routes!(config::validate))
        .routes(routes!(versions::list))
        .routes(routes!(versions::read))
        .routes(routes!(versions::compare))
        .routes(routes!(versions::roll_back))
        .routes(routes!(lists::list))
        .routes(routes!(lists::read, lists::set, lists::remove))
        .routes(routes!(entries::read, entries::add, entries::remove))
        .routes(routes!(simulate::simulate))
        .routes(routes!(settings::list))
        .routes(routes!(settings::read, settings::replace, settings::remove))
        .routes(routes!(settings::enable))
        .routes(routes!(settings::disable))
        .routes(routes!(source_log::list))
        .routes(routes!(source_log::retry::retry))
        .routes(routes!(source_log::entry::read))
        .routes(routes!(sources::add_endpoint))
        .routes(routes!(reconcile::reconcile))
        .routes(routes!(sources::verify::verify))
        .routes(routes!(sources::spec::read))
        .routes(routes!(secrets::list))
        .routes(routes!(secrets::set))
        .routes(routes!(leads::read, edit::edit, erase::erase))
        .routes(routes!(activities::list, activities::tell))
        .routes(routes!(contact::record))
        .routes(routes!(stage::set))
        .routes(routes!(handback::reject))
        .routes(routes!(handback::hand_back))
        .routes(routes!(handback::reassign))
        .routes(routes!(parked::list))
        .routes(routes!(queues::read))
        .routes(routes!(claim::claim))
        .routes(routes!(pools::read))
        .routes(routes!(assignees::read))
        .routes(routes!(availability::set))
        .routes(routes!(availability::set_several))
        .routes(routes!(partners::statement))
        .routes(routes!(automations::list))
        .routes(routes!(automations::publish))
        .routes(routes!(automations::pause))
        .routes(routes!(backfill::begin))
        .routes(routes!(backfills::list))
        .routes(routes!(backfills::read))
        .routes(routes!(backfills::pause))
        .routes(routes!(backfills::resume))
        .routes(routes!(backfills::cancel))
        .routes(routes!(imports::create, imports::list))
        .routes(routes!(imports::read))
        .routes(routes!(imports::parts::put))
        .routes(routes!(imports::preview::read))
        .routes(routes!(imports::start::start))
        .routes(routes!(imports::start::cancel))
        .routes(routes!(imports::report::read))
        .routes(routes!(events::list))
        .routes(routes!(events::read))
        .routes(routes!(events::retry))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::read))
        .routes(routes!(deliveries::replay))
        .routes(routes!(many::replay))
        .routes(routes!(health::list))
        .routes(routes!(health::read))
        .routes(routes!(health::resume))
        .routes(routes!(trial::send))
        .routes(routes!(suppressions::read, suppressions::lift))
        .routes(routes!(formats::list))
        .routes(routes!(meta::openapi))
}

/// Answers hold personal data and URLs that are shown once: nothing between us and the caller may keep them.
async fn keep_nowhere(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn unknown_route() -> Problem {
    Problem::new(Kind::NotFound, "No route has this path: GET /v1/openapi.json lists all of them.")
}

async fn wrong_method(method: Method, _: Request) -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        format!("This route does not know {method}: the header Allow lists what it knows."),
    )
}
