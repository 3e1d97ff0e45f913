//! An ordered header list that keeps the case and order in which names arrived.
use bytes::Bytes;

/// One header line. Both parts usually are slices of the buffer that the head was read into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub name: Bytes,
    pub value: Bytes,
}

impl Header {
    /// Whether it has this name.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// Header lines in order of arrival. Names compare without regard to ASCII case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    lines: Vec<Header>,
}

impl Headers {
    pub fn with_capacity(capacity: usize) -> Self {
        Self { lines: Vec::with_capacity(capacity) }
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.lines.iter().find(|line| line.is(name)).map(|line| &line.value)
    }

    /// Every value of `name`, in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Bytes> {
        self.lines.iter().filter(move |line| line.is(name)).map(|line| &line.value)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.lines.iter().any(|line| line.is(name))
    }

    /// Adds a line at the end, beside others of that name.
    pub fn append(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.lines.push(Header { name: name.into(), value: value.into() });
    }

    pub fn push(&mut self, line: Header) {
        self.lines.push(line);
    }

    /// Replaces every line of that name by one, at the place of the first.
    pub fn set(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        let name = name.into();
        let Some(first) = self.lines.iter().position(|line| line.name.eq_ignore_ascii_case(&name)) else {
            return self.append(name, value);
        };
        let mut at = 0;
        self.lines.retain(|line| {
            at += 1;
            at - 1 <= first || !line.name.eq_ignore_ascii_case(&name)
        });
        self.lines[first] = Header { name, value: value.into() };
    }

    /// Removes every line of that name; tells whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| !line.is(name));
        self.lines.len() != before
    }

    pub fn retain(&mut self, keep: impl FnMut(&Header) -> bool) {
        self.lines.retain(keep);
    }

    pub fn clear(&mut self) {
        self.lines.clear();
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.lines.iter()
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Headers {
        let mut headers = Headers::default();
        for (name, value) in [("Host", "a"), ("X-One", "1"), ("x-one", "2"), ("Accept", "*/*")] {
            headers.append(name, value);
        }
        headers
    }

    fn names(headers: &Headers) -> Vec<&[u8]> {
        headers.iter().map(|line| &line.name[..]).collect()
    }

    #[test]
    fn lookup_ignores_case_and_keeps_order() {
        let headers = sample();
        assert_eq!(headers.get("HOST").unwrap(), "a");
        assert_eq!(headers.get_all("X-ONE").collect::<Vec<_>>(), ["1", "2"]);
        assert!(!headers.contains("X-Two"));
    }

    #[test]
    fn set_replaces_all_lines_at_the_place_of_the_first() {
        let mut headers = sample();
        headers.set("X-One", "3");
        assert_eq!(names(&headers), [&b"Host"[..], b"X-One", b"Accept"]);
        assert_eq!(headers.get("x-one").unwrap(), "3");
        headers.set("New", "4");
        assert_eq!(headers.len(), 4);
    }

    #[test]
    fn remove_takes_every_line() {
        let mut headers = sample();
        assert!(headers.remove("x-one"));
        assert!(!headers.remove("x-one"));
        assert_eq!(names(&headers), [&b"Host"[..], b"Accept"]);
    }
}
