//! Metrics in CloudWatch's embedded metric format: a JSON line on stdout that CloudWatch Logs turns into metrics,
//! so that measuring costs no call.
//!
//! Format: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::{
    collections::BTreeMap,
    io::{self, Write},
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::clock;

/// The CloudWatch namespace of every metric.
const NAMESPACE: &str = "Leadyard";

/// The only dimension. A dimension with many values (account, destination) would make, and bill, a metric each.
const DIMENSION: &str = "function";

/// Most values of one metric in one document, and most metrics in one document: limits of the format.
const PER_DOCUMENT: usize = 100;

/// What a function measures. Clones add to the same collection.
#[derive(Clone, Debug)]
pub struct Metrics {
    function: Arc<str>,
    collected: Arc<Mutex<Collected>>,
}

/// Metrics of one invocation, by name; sorted, so that a line can be compared.
#[derive(Debug, Default)]
struct Collected {
    counts: BTreeMap<&'static str, u64>,
    millis: BTreeMap<&'static str, Vec<f64>>,
}

impl Metrics {
    /// Metrics with the dimension `function`.
    pub fn new(function: &str) -> Self {
        Self { function: function.into(), collected: Arc::default() }
    }

    /// Adds `n` to the count `name`. Zero makes the metric appear, as an alarm may need.
    pub fn count(&self, name: &'static str, n: u64) {
        self.with(|collected| {
            let count = collected.counts.entry(name).or_default();
            *count = count.saturating_add(n);
        });
    }

    /// Adds one duration to `name`; CloudWatch gets each of them, in milliseconds, so percentiles are true.
    pub fn millis(&self, name: &'static str, took: Duration) {
        let ms = took.as_secs_f64() * 1000.0;
        self.with(|collected| collected.millis.entry(name).or_default().push(ms));
    }

    /// Writes what was collected and begins anew: once at the end of each invocation, because Lambda may freeze
    /// or end the process after it.
    pub fn flush(&self) {
        let text = self.take(clock::now());
        // With stdout closed there is nowhere left to measure to, and the work itself must go on.
        io::stdout().lock().write_all(text.as_bytes()).ok();
    }

    /// The documents for what was collected so far; the collection begins anew.
    fn take(&self, at: Timestamp) -> String {
        render(&self.function, at, &self.with(mem::take))
    }

    fn with<R>(&self, change: impl FnOnce(&mut Collected) -> R) -> R {
        // A panic while the lock is held can at worst leave one value out.
        change(&mut self.collected.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The documents for `collected`, a line each: none when nothing was collected, several when a limit asks for it.
fn render(function: &str, at: Timestamp, collected: &Collected) -> String {
    let counts = collected.counts.iter().map(|(name, n)| (*name, "Count", json!(n)));
    let millis = collected
        .millis
        .iter()
        .flat_map(|(name, values)| values.chunks(PER_DOCUMENT).map(|chunk| (*name, "Milliseconds", json!(chunk))));
    let mut documents: Vec<Document> = Vec::new();
    for (name, unit, value) in counts.chain(millis) {
        match documents.iter_mut().find(|document| document.takes(name)) {
            Some(document) => document.add(name, unit, value),
            None => {
                let mut document = Document::default();
                document.add(name, unit, value);
                documents.push(document);
            }
        }
    }
    documents.into_iter().map(|document| document.line(function, at)).collect()
}

/// One document of the format in the making.
#[derive(Default)]
struct Document {
    directives: Vec<Value>,
    values: Map<String, Value>,
}

impl Document {
    fn takes(&self, name: &str) -> bool {
        self.directives.len() < PER_DOCUMENT && !self.values.contains_key(name)
    }

    fn add(&mut self, name: &str, unit: &str, value: Value) {
        self.directives.push(json!({ "Name": name, "Unit": unit }));
        self.values.insert(name.to_owned(), value);
    }

    fn line(mut self, function: &str, at: Timestamp) -> String {
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [[DIMENSION]],
            "Metrics": self.directives,
        });
        let metadata = json!({ "Timestamp": at.as_millisecond(), "CloudWatchMetrics": [directive] });
        self.values.insert("_aws".to_owned(), metadata);
        self.values.insert(DIMENSION.to_owned(), json!(function));
        format!("{}\n", Value::Object(self.values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_123).unwrap()
    }

    fn rendered(metrics: &Metrics) -> Vec<Value> {
        metrics.take(at()).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_document_has_the_shape_that_cloudwatch_asks_for() {
        let metrics = Metrics::new("evaluate");
        metrics.count("Leads", 2);
        metrics.clone().count("Leads", 3);
        metrics.count("Failed", 0);
        metrics.millis("Decide", Duration::from_micros(1_500));
        metrics.millis("Decide", Duration::from_millis(3));
        assert_eq!(
            rendered(&metrics),
            [json!({
                "_aws": {
                    "Timestamp": 1_700_000_000_123_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Leadyard",
                        "Dimensions": [["function"]],
                        "Metrics": [
                            { "Name": "Failed", "Unit": "Count" },
                            { "Name": "Leads", "Unit": "Count" },
                            { "Name": "Decide", "Unit": "Milliseconds" },
                        ],
                    }],
                },
                "function": "evaluate",
                "Leads": 5,
                "Failed": 0,
                "Decide": [1.5, 3.0],
            })]
        );
    }

    #[test]
    fn nothing_collected_is_nothing_written() {
        assert_eq!(rendered(&Metrics::new("evaluate")), [] as [Value; 0]);
    }

    #[test]
    fn values_beyond_the_limit_go_to_further_documents() {
        let metrics = Metrics::new("evaluate");
        metrics.count("Leads", 1);
        for _ in 0..250 {
            metrics.millis("Decide", Duration::from_millis(1));
        }
        let documents = rendered(&metrics);
        let sizes: Vec<_> = documents.iter().map(|d| d["Decide"].as_array().unwrap().len()).collect();
        assert_eq!(sizes, [100, 100, 50]);
        let with_count = documents.iter().filter(|d| d.get("Leads").is_some()).count();
        assert_eq!(with_count, 1, "a count is told once");
    }

    #[test]
    fn what_was_taken_is_not_told_again() {
        let metrics = Metrics::new("evaluate");
        metrics.count("Leads", 1);
        assert_eq!(rendered(&metrics).len(), 1);
        assert_eq!(rendered(&metrics).len(), 0);
    }
}
