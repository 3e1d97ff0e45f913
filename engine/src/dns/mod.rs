//! Host names to addresses, after Kong's rules: hosts file, then record types in an order, answers kept for their
//! TTL, and for a while longer when there is no new one.
mod answer;
mod failure;
mod hosts;
mod query;
mod resolver;
mod service;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use answer::Entry;
pub use answer::{Answer, Record};
use hosts::Hosts;
pub use resolver::Resolver;
pub use service::Service;

use crate::settings::Settings;

/// How long a request waits for a name that nothing is known of.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes an answer; it must not block.
type Reply = Box<dyn FnOnce(Arc<Answer>) + Send>;

/// A name that somebody wants to know; the answer goes to all who wait.
pub struct Question {
    name: String,
    reply: Option<Reply>,
}

/// The answers that are known. Shared by all workers; the questions go to one `Service`.
pub struct Dns {
    hosts: Hosts,
    known: RwLock<HashMap<String, Arc<Entry>>>,
    questions: mpsc::UnboundedSender<Question>,
    size: usize,
}

impl Dns {
    /// The cache, and the service that answers its questions once it runs.
    pub fn new(settings: &Settings) -> (Arc<Self>, Service) {
        let (questions, receiver) = mpsc::unbounded_channel();
        let dns = Arc::new(Self {
            hosts: Hosts::read(settings.dns_hostsfile.as_deref().unwrap_or("/etc/hosts")),
            known: RwLock::default(),
            questions,
            size: settings.dns_cache_size,
        });
        (dns.clone(), Service::new(&dns, receiver, settings))
    }

    /// The name's records; empty, with a reason, when there are none.
    pub async fn ask(&self, name: &str) -> Arc<Answer> {
        let name = &*in_lower_case(name);
        if let Some(answer) = self.at_hand(name) {
            return answer;
        }
        let reply = self.send(name);
        match tokio::time::timeout(PATIENCE, reply).await {
            Ok(Ok(answer)) => answer,
            _ => Answer::failed("dns server error: no answer in time"),
        }
    }

    /// The same for a thread that may block, for so long.
    pub fn ask_within(&self, name: &str, patience: Duration) -> Arc<Answer> {
        let name = &*in_lower_case(name);
        if let Some(answer) = self.at_hand(name) {
            return answer;
        }
        let mut reply = self.send(name);
        let end = Instant::now() + patience;
        while Instant::now() < end {
            match reply.try_recv() {
                Ok(answer) => return answer,
                Err(oneshot::error::TryRecvError::Empty) => std::thread::sleep(Duration::from_millis(1)),
                Err(oneshot::error::TryRecvError::Closed) => break,
            }
        }
        Answer::failed("dns server error: no answer in time")
    }

    /// The same for whoever does not wait: `reply` gets the answer, at once or later from another thread.
    pub fn tell(&self, name: &str, reply: Reply) {
        let name = &*in_lower_case(name);
        match self.at_hand(name) {
            Some(answer) => reply(answer),
            None => self.put(name, Some(reply)),
        }
    }

    /// What is known and still good; asks again behind the scenes when it is getting old.
    fn at_hand(&self, name: &str) -> Option<Arc<Answer>> {
        if let Some(answer) = self.hosts.find(name) {
            return Some(answer);
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let entry = known.get(name)?;
        let answer = entry.answer.load_full();
        let now = Instant::now();
        if now < answer.valid_until {
            return Some(answer);
        }
        if now < answer.stale_until {
            if !entry.asked.swap(true, Ordering::AcqRel) {
                self.put(name, None);
            }
            return Some(answer);
        }
        None
    }

    fn send(&self, name: &str) -> oneshot::Receiver<Arc<Answer>> {
        let (reply, receiver) = oneshot::channel();
        self.put(name, Some(Box::new(move |answer| drop(reply.send(answer)))));
        receiver
    }

    fn put(&self, name: &str, reply: Option<Reply>) {
        drop(self.questions.send(Question { name: name.to_owned(), reply }));
    }

    /// What was known last, however old.
    fn last(&self, name: &str) -> Option<Arc<Answer>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(name).map(|entry| entry.answer.load_full())
    }

    fn store(&self, name: &str, answer: &Arc<Answer>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get(name) {
            entry.answer.store(answer.clone());
            entry.asked.store(false, Ordering::Release);
            return;
        }
        if known.len() >= self.size {
            let now = Instant::now();
            known.retain(|_, entry| now < entry.answer.load().stale_until);
        }
        if known.len() >= self.size {
            known.clear();
        }
        known.insert(name.to_owned(), Arc::new(Entry::new(answer.clone())));
    }
}

/// Names are the same whatever their case (RFC 4343).
fn in_lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    }
}
