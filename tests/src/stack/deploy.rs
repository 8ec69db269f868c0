//! Deploys the real template with SAM.

use std::{path::Path, process::Command};

use super::{StackError, aws, outputs::Outputs, program::run_logged, workspace};

/// The stack's name, as in samconfig.toml; the functions' names begin with it.
pub const STACK_NAME: &str = "leadyard";

/// Deploys what `built` holds to the emulator at `endpoint`, with the `local` settings of samconfig.toml.
pub(super) async fn deploy(
    built: &Path,
    endpoint: &str,
    client: &aws::Client,
    name: &str,
) -> Result<Outputs, StackError> {
    let mut sam = Command::new(workspace::tool("sam")?);
    sam.current_dir(built)
        .args(["deploy", "--template-file", "template.yaml", "--stack-name", STACK_NAME, "--config-env", "local"])
        .arg("--config-file")
        .arg(workspace::root().join("samconfig.toml"))
        .envs(aws::credentials())
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("SAM_CLI_TELEMETRY", "0")
        // Seconds between two looks at the deployment. SAM's own half second is meant for AWS.
        .env("SAM_CLI_POLL_DELAY", "0.1")
        .env("NO_PROXY", "127.0.0.1,localhost")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_SESSION_TOKEN");
    run_logged(sam, workspace::local_dir()?.join(format!("{name}-deploy.log"))).await?;
    Ok(Outputs::parse(&client.describe_stack(STACK_NAME).await?))
}
