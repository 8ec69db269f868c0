//! A source that a request is about, and whether its caller may see or change it.
//!
//! A handler that takes one of the three cannot be reached without that. Whether the config has the source is another
//! question: the log of a source that was removed stays.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, Path};
use axum::http::request::Parts;
use leadyard_domain::config::Source;
use leadyard_domain::id::SourceId;
use leadyard_runtime::now;
use leadyard_store::{Published, Role};

use crate::app::App;
use crate::auth::{Caller, authenticate, authorize};
use crate::body::{read_id, unreadable_path};
use crate::problem::Problem;

/// The source that a path names by its `id`.
#[derive(Debug)]
pub struct Connector {
    /// Who asks.
    pub caller: Caller,
    /// The source's id.
    pub id: SourceId,
    /// The config in force; `None` before the first one.
    pub published: Option<Arc<Published>>,
}

/// A source, of a caller that may see it.
pub struct SeenConnector(pub Connector);

/// A source, of a caller that may try its events again.
pub struct OperatedConnector(pub Connector);

/// A source, of a caller that may change it.
pub struct ChangedConnector(pub Connector);

macro_rules! at_least {
    ($connector:ident, $role:expr) => {
        impl<S> FromRequestParts<S> for $connector
        where
            S: Send + Sync,
            App: FromRef<S>,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                Connector::read(parts, &App::from_ref(state), $role).await.map(Self)
            }
        }
    };
}

at_least!(SeenConnector, Role::Viewer);
at_least!(OperatedConnector, Role::Operator);
at_least!(ChangedConnector, Role::Admin);

impl Connector {
    async fn read(parts: &mut Parts, app: &App, needed: Role) -> Result<Self, Problem> {
        let caller = authenticate(app, &parts.headers).await?;
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, &()).await;
        let Path(names) = path.map_err(|rejection| unreadable_path(&rejection.body_text()))?;
        let id = match read_id(names.get("id").map_or("", String::as_str)) {
            Ok(id) => id,
            Err(problem) => {
                authorize(&caller, needed)?;
                return Err(problem);
            }
        };
        let published = app.configs.get(&caller.account, now()).await?;
        let connector = Self { caller, id, published };
        connector.authorize(needed)?;
        Ok(connector)
    }

    fn authorize(&self, needed: Role) -> Result<(), Problem> {
        authorize(&self.caller, needed)
    }

    /// The source as the config in force has it.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        self.published.as_ref()?.checked.source(&self.id)
    }

    /// Whether there is such a source, or was one.
    ///
    /// # Errors
    /// The table.
    pub async fn is_known(&self, app: &App) -> Result<bool, Problem> {
        Ok(self.source().is_some() || app.store.endpoint_sources(&self.caller.account).await?.contains(&self.id))
    }
}
