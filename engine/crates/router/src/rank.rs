//! Priorities: which of two routes that both match goes first.

use uuid::Uuid;

use crate::host::HostPattern;
use crate::spec::{Flavor, RouteSpec};

/// A total order over the entries of a router; the greatest matching entry wins. It depends on the
/// entry alone, so that adding a route never renumbers the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub priority: u128,
    younger: std::cmp::Reverse<u64>,
    id: u128,
    part: std::cmp::Reverse<u32>,
}

/// The paths of one entry: a route is split where its paths have different priorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathGroup {
    pub is_regex: bool,
    /// Bytes of each prefix.
    pub length: usize,
    /// The route has more than one group.
    pub is_split: bool,
    pub part: u32,
}

pub(crate) const NO_PATHS: PathGroup = PathGroup { is_regex: false, length: 0, is_split: false, part: 0 };

/// How many bits of a `traditional` rank are less weighty than its categories.
const BITS_BEHIND_CATEGORY: u32 = 1 + 3 + 16 + 64 + 32;

/// Which kinds of conditions there are: hosts, headers, paths, methods, server names; in front, how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Categories(u8);

impl Categories {
    pub const NONE: Self = Self(0);

    pub fn new(kinds: [bool; 5]) -> Self {
        let bits = kinds.into_iter().fold(0, |bits, has| bits << 1 | u8::from(has));
        let count = kinds.into_iter().fold(0, |count, has| count + u8::from(has));
        Self(count << 5 | bits)
    }
}

impl Rank {
    pub fn new(route: &RouteSpec, hosts: &[HostPattern], group: Option<PathGroup>, flavor: Flavor) -> Self {
        match flavor {
            Flavor::Traditional => Self::traditional(route, hosts, group),
            Flavor::TraditionalCompatible => Self::compatible(route, hosts, group),
            Flavor::Expressions => Self {
                priority: route.priority.into(),
                younger: std::cmp::Reverse(0),
                id: id_number(&route.id),
                part: std::cmp::Reverse(0),
            },
        }
    }

    /// Number of matched categories, which ones (hosts, headers, paths, methods, SNIs), whether a plain host
    /// has a port, what kind of hosts and paths, number of headers, `regex_priority`, length of the path, age.
    ///
    /// In each category Kong first tries those routes that share the host or the path that was found first, and so
    /// may prefer one of lower rank, depending on how many there are. That is left out: here the order alone decides.
    fn traditional(route: &RouteSpec, hosts: &[HostPattern], group: Option<PathGroup>) -> Self {
        let headers = route.headers.keys().filter(|name| !name.eq_ignore_ascii_case("host")).count();
        let paths = group.unwrap_or(NO_PATHS);
        let categories = Categories::new([
            !hosts.is_empty(),
            headers > 0,
            group.is_some(),
            !route.methods.is_empty(),
            !route.snis.is_empty(),
        ]);
        let wildcard = route.hosts.iter().any(|host| host.contains('*'));
        let wildcard_port = route.hosts.iter().any(|host| host.contains('*') && host.contains(':'));
        let plain_port = hosts.iter().any(|host| !host.is_wildcard() && host.port.is_some());
        let kind = u128::from(wildcard_port) << 2
            | u128::from(!hosts.is_empty() && !wildcard) << 1
            | u128::from(paths.is_regex);
        let regex_priority = if paths.is_regex { route.regex_priority } else { 0 };
        let fields = [
            (u128::from(categories.0), 8),
            (u128::from(plain_port), 1),
            (kind, 3),
            (headers.min(0xffff) as u128, 16),
            (u128::from(regex_priority.cast_unsigned() ^ 1 << 63), 64),
            (paths.length.min(0xffff_ffff) as u128, 32),
        ];
        Self {
            priority: fields.into_iter().fold(0, |packed, (value, width)| packed << width | value),
            younger: std::cmp::Reverse(route.created_at),
            id: id_number(&route.id),
            part: std::cmp::Reverse(paths.part),
        }
    }

    /// The categories of a `traditional` rank.
    pub fn categories(&self) -> Categories {
        Categories(u8::try_from(self.priority >> BITS_BEHIND_CATEGORY & 0xff).unwrap_or(u8::MAX))
    }

    /// The number that Kong's compatible flavour packs, bit by bit. There, the fields below are shifted
    /// as 32-bit integers (by the count modulo 32) before the two 64-bit flags are added, so that a route
    /// with only plain hosts, and after it one with a regex path, precedes others of more categories.
    /// What clients see depends on it, so it is kept. Four or more kinds of conditions make the 32-bit number negative;
    /// what becomes of it then differs there between interpreted and compiled code: here it comes before all others.
    fn compatible(route: &RouteSpec, hosts: &[HostPattern], group: Option<PathGroup>) -> Self {
        let categories = [
            !route.methods.is_empty(),
            !hosts.is_empty(),
            !route.headers.is_empty(),
            !route.snis.is_empty(),
            group.is_some(),
        ]
        .into_iter()
        .fold(0u32, |count, has| count + u32::from(has));
        let paths = group.unwrap_or(NO_PATHS);
        let regex_priority = if paths.is_regex { route.regex_priority } else { 0 };
        let headers = u32::try_from(route.headers.len().min(255)).unwrap_or(255);
        let length = u32::try_from(paths.length & 0x7_ffff).unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, reason = "bits above the 32nd are dropped there")]
        let low = categories << 29 | headers << 20 | (regex_priority.cast_unsigned() as u32) << 19 | length;
        let plain_hosts = !hosts.is_empty() && !hosts.iter().any(HostPattern::is_wildcard);
        let packed = u64::from(low)
            | u64::from(low >> 31) << 63
            | u64::from(plain_hosts) << 60
            | u64::from(paths.is_regex) << 51;
        Self {
            priority: packed.into(),
            younger: std::cmp::Reverse(0),
            id: if paths.is_split { split_id(&route.id, paths) } else { id_number(&route.id) },
            part: std::cmp::Reverse(0),
        }
    }
}

/// Namespace of the ids that parts of a split route get in Kong: they decide ties.
const SPLIT_NAMESPACE: Uuid = Uuid::from_u128(0x7f14_5bf9_0dce_4f91_98eb_debb_ce4b_9f6b);

fn split_id(id: &str, paths: PathGroup) -> u128 {
    let index = if paths.is_regex { "true".to_owned() } else { paths.length.to_string() };
    Uuid::new_v5(&SPLIT_NAMESPACE, format!("{id}#{index}").as_bytes()).as_u128()
}

fn id_number(id: &str) -> u128 {
    Uuid::try_parse(id).unwrap_or_else(|_| Uuid::new_v5(&SPLIT_NAMESPACE, id.as_bytes())).as_u128()
}
