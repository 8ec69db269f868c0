//! The start of the function.

use std::convert::Infallible;
use std::process::ExitCode;

use intake::Intake;
use lambda_http::service_fn;
use leadyard_runtime::{QueueSender, Start, now, start};
use leadyard_store::Store;

fn main() -> ExitCode {
    start("intake", async |function: Start| {
        let [table, queue] = function.settings.all_required(["TABLE_NAME", "LEADS_QUEUE_URL"])?;
        let store = Store::new(function.aws.dynamodb(), table.to_owned());
        let queue = QueueSender::new(function.aws.sqs(), queue);
        let intake = &Intake::new(store, queue, function.metrics.clone(), now);
        lambda_http::run(service_fn(async move |request| Ok::<_, Infallible>(intake.handle(request).await))).await?;
        Ok(())
    })
}
