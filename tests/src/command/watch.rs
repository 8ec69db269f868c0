//! Hot reload: the emulator hands each invocation to `cargo lambda watch`, which rebuilds a function when its code
//! changes.

use std::process::{Command, ExitStatus};

use leadyard_tests::stack::{STACK_NAME, Stack, StackError, StackOptions, credentials, free_port, workspace};

/// Runs until Ctrl-C.
pub async fn watch() -> Result<(), StackError> {
    let port = free_port()?;
    let mut options = StackOptions::named("watch");
    for function in workspace::FUNCTIONS {
        let invocations = format!("http://127.0.0.1:{port}/2015-03-31/functions/{function}/invocations");
        options = options.env(&format!("MINISTACK_LAMBDA_PROXY_{STACK_NAME}-{function}"), &invocations);
    }
    let stack = Stack::start(options).await?;
    let key = stack.seed_api_key("demo", "admin").await?;
    println!("api {}/v1   intake {}/in/KEY   api key {key}", stack.api_url(), stack.api_url());

    let cargo_lambda = workspace::tool("cargo-lambda")?;
    let mut command = Command::new(&cargo_lambda);
    command
        .current_dir(workspace::root())
        .args(["lambda", "watch", "--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()])
        .envs(credentials())
        .env("AWS_ENDPOINT_URL", stack.endpoint())
        .envs(stack.function_environment().await?);
    let status = run(command)?;
    println!("cargo lambda watch ended with {status}");
    Ok(())
}

/// In the foreground, with our terminal: nothing else runs in this process meanwhile.
fn run(mut command: Command) -> Result<ExitStatus, StackError> {
    command.status().map_err(|source| StackError::Spawn { program: "cargo-lambda".to_owned(), source })
}
