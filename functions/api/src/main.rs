//! The `api` function: settings, clients, run.

use std::process::ExitCode;

use api::{App, router};
use leadyard_runtime::{Start, start};

fn main() -> ExitCode {
    start("api", async |function: Start| {
        let app = App::from_start(&function)?;
        lambda_http::run(router(app)).await?;
        Ok(())
    })
}
