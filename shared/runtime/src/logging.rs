//! Logs: one JSON object a line on stderr, which Lambda sends to CloudWatch Logs.
//!
//! Every line has `timestamp`, `level`, `function`, `message` and `target`; then the fields of the event and of
//! the spans around it, flat, among them `requestId` of the invocation. `timestamp` and `level` are where
//! Lambda's own log-level filter looks for them
//! (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>).
//!
//! A lead is personal data: log its id, never its fields, bodies, addresses, tokens or secrets.

use std::{
    error::Error,
    fmt::{self, Write as _},
    io::{self, Write as _},
    panic,
};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
    subscriber::Interest,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
};

use crate::clock;

/// Characters of one value; a longer one is cut, so that no line outgrows a CloudWatch log event.
const VALUE_CHARS_MAX: usize = 4096;

/// Fields that the line itself owns; a field of an event with such a name is left out.
const RESERVED: [&str; 4] = ["timestamp", "level", "function", "target"];

/// Starts logging for this process, and has panics logged by their place.
///
/// `level` is the value of `LOG_LEVEL`: `trace`, `debug`, `info`, `warn` or `error`; `info` when it is not set or
/// is none of these. It holds for our own code; libraries speak from `warn` up only, because at `debug` they
/// print requests, and requests hold leads.
pub fn init(function: &'static str, level: Option<&str>) {
    let parsed = level.map(str::parse::<Level>);
    let chosen = match parsed {
        Some(Ok(level)) => level,
        Some(Err(_)) | None => Level::INFO,
    };
    let layer = JsonLines::new(function, chosen, write_to_stderr);
    if tracing::subscriber::set_global_default(Registry::default().with(layer)).is_err() {
        tracing::warn!("logging was started twice; the first start stands");
        return;
    }
    panic::set_hook(Box::new(log_panic));
    if let Some(Err(_)) = parsed {
        tracing::warn!(log_level = level, "LOG_LEVEL is none of trace, debug, info, warn, error: using info");
    }
}

/// Logs where a panic happened. Its text is left out: it can quote a lead.
fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string);
    tracing::error!(place, "panicked");
}

fn write_to_stderr(line: &str) {
    // With stderr closed there is nowhere left to say so, and the work itself must go on.
    io::stderr().lock().write_all(line.as_bytes()).ok();
}

/// The subscriber layer that writes the lines.
struct JsonLines<W> {
    function: &'static str,
    /// The function's own crate, as it stands at the head of its targets.
    own_crate: String,
    level: Level,
    write: W,
}

impl<W: Fn(&str)> JsonLines<W> {
    fn new(function: &'static str, level: Level, write: W) -> Self {
        Self { function, own_crate: function.replace('-', "_"), level, write }
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let crate_name = metadata.target().split("::").next().unwrap_or_default();
        let ours = crate_name == self.own_crate || crate_name.starts_with("leadyard_");
        if metadata.is_span() {
            // Spans only lend their fields to events; the one of `lambda_runtime` holds the request id.
            ours || crate_name == "lambda_runtime"
        } else {
            let most = if ours { self.level } else { self.level.min(Level::WARN) };
            *metadata.level() <= most
        }
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Never below INFO, the level of the span with the request id.
        Some(LevelFilter::from_level(self.level.max(Level::INFO)))
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.extend(of_span);
            }
        }
        event.record(&mut fields);
        let line = Line { function: self.function, metadata: event.metadata(), fields: &fields };
        // Strings and numbers always serialise; were it otherwise, a lost log line must not cost the work.
        if let Ok(mut text) = serde_json::to_string(&line) {
            text.push('\n');
            (self.write)(&text);
        }
    }
}

/// The fields of a span or an event. Few, so a list is quicker than a map and keeps their order.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    /// The innermost value of a name wins.
    fn set(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    fn extend(&mut self, others: &Self) {
        for (name, value) in &others.0 {
            self.set(name, value.clone());
        }
    }

    fn set_text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        let mut capped = Capped::default();
        // `Capped` reports an error to stop a long value early; what it holds by then is the value.
        capped.write_fmt(text).ok();
        self.set(field.name(), Value::String(capped.text));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set_text(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set_text(field, format_args!("{value}"));
    }

    /// The error and its causes, as one sentence.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        self.set_text(field, format_args!("{text}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field.name(), value.into());
    }
}

/// A string that stops growing at [`VALUE_CHARS_MAX`] and says so.
#[derive(Default)]
struct Capped {
    text: String,
    chars: usize,
}

impl fmt::Write for Capped {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for c in more.chars() {
            if self.chars == VALUE_CHARS_MAX {
                self.text.push('…');
                return Err(fmt::Error);
            }
            self.text.push(c);
            self.chars += 1;
        }
        Ok(())
    }
}

/// One log line, as it is written.
struct Line<'a> {
    function: &'static str,
    metadata: &'a Metadata<'a>,
    fields: &'a Fields,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("timestamp", &format_args!("{:.3}", clock::now()))?;
        map.serialize_entry("level", self.metadata.level().as_str())?;
        map.serialize_entry("function", self.function)?;
        // The message first, for whoever reads along.
        let (message, others): (Vec<_>, Vec<_>) = self.fields.0.iter().partition(|(name, _)| *name == "message");
        for (name, value) in message.into_iter().chain(others) {
            if !RESERVED.contains(name) {
                map.serialize_entry(name, value)?;
            }
        }
        map.serialize_entry("target", self.metadata.target())?;
        map.end()
    }
}

#[cfg(test)]
mod tests;
