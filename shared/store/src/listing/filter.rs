//! What the attributes of listed items have to hold, as a filter expression.

/// What one attribute of the index has to hold, or one of several things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    /// It has this value.
    Is(&'static str, String),
    /// It has another value, or none.
    IsNot(&'static str, String),
    /// It has one of these values, of which there is one at least.
    OneOf(&'static str, Vec<String>),
    /// All of one of these lists holds, of which each has one test at least.
    Any(Vec<Vec<Test>>),
}

/// Tests as DynamoDB reads them. Attributes are named by `#`, as some are reserved words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) expression: String,
    pub(super) names: Vec<(String, &'static str)>,
    pub(super) values: Vec<(String, String)>,
}

impl Written {
    /// All of the tests together.
    pub(super) fn of(tests: &[Test]) -> Self {
        let mut written = Self::default();
        written.expression = written.all(tests, true);
        written
    }

    /// AND binds before OR. DynamoDB refuses parentheses that it does not need, so there are some around alternatives only
    /// that stand beside something else.
    fn all(&mut self, tests: &[Test], outermost: bool) -> String {
        let bare = outermost && tests.len() == 1;
        let parts: Vec<String> = tests.iter().map(|test| self.one(test, bare)).collect();
        parts.join(" AND ")
    }

    fn one(&mut self, test: &Test, bare: bool) -> String {
        match test {
            Test::Is(name, value) => format!("{} = {}", self.name(name), self.value(value)),
            Test::IsNot(name, value) => format!("NOT {} = {}", self.name(name), self.value(value)),
            Test::OneOf(name, values) => {
                let name = self.name(name);
                let values: Vec<String> = values.iter().map(|value| self.value(value)).collect();
                format!("{name} IN ({})", values.join(", "))
            }
            Test::Any(lists) => {
                let lists: Vec<String> = lists.iter().map(|tests| self.all(tests, false)).collect();
                let joined = lists.join(" OR ");
                if bare || lists.len() < 2 { joined } else { format!("({joined})") }
            }
        }
    }

    fn name(&mut self, attribute: &'static str) -> String {
        let name = format!("#{attribute}");
        if !self.names.iter().any(|(known, _)| *known == name) {
            self.names.push((name.clone(), attribute));
        }
        name
    }

    fn value(&mut self, value: &str) -> String {
        let name = format!(":f{}", self.values.len());
        self.values.push((name.clone(), value.to_owned()));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let is = |value: &str| Test::Is("kind", value.to_owned());
        let one_of = Test::OneOf("status", vec!["a".to_owned(), "b".to_owned()]);
        let any = Test::Any(vec![vec![one_of.clone(), Test::IsNot("kind", "x".to_owned())], vec![is("x")]]);
        for (tests, expected) in [
            (vec![], ""),
            (vec![is("x")], "#kind = :f0"),
            (vec![is("x"), one_of.clone()], "#kind = :f0 AND #status IN (:f1, :f2)"),
            (vec![any.clone()], "#status IN (:f0, :f1) AND NOT #kind = :f2 OR #kind = :f3"),
            (vec![is("x"), any], "#kind = :f0 AND (#status IN (:f1, :f2) AND NOT #kind = :f3 OR #kind = :f4)"),
            (vec![is("x"), Test::Any(vec![vec![is("y")]])], "#kind = :f0 AND #kind = :f1"),
        ] {
            assert_eq!(Written::of(&tests).expression, expected);
        }
        let written = Written::of(&[is("x"), one_of]);
        assert_eq!(written.names, [("#kind".to_owned(), "kind"), ("#status".to_owned(), "status")]);
        let values: Vec<&str> = written.values.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["x", "a", "b"]);
    }
}
