//! Answers questions, each name asked for once however many wait.
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Weak};

use tokio::sync::mpsc;
use tokio::task::{JoinSet, LocalSet};

use super::query::Rules;
use super::{Answer, Dns, Question, Reply};
use crate::settings::Settings;

/// Runs on the thread that looks after upstreams.
pub struct Service {
    dns: Weak<Dns>,
    questions: mpsc::UnboundedReceiver<Question>,
    settings: Settings,
}

type Waiting = HashMap<String, Vec<Reply>>;

impl Service {
    pub fn new(dns: &Arc<Dns>, questions: mpsc::UnboundedReceiver<Question>, settings: &Settings) -> Self {
        Self { dns: Arc::downgrade(dns), questions, settings: settings.clone() }
    }

    /// Until nobody asks any more.
    pub async fn run(mut self) {
        let rules = Rc::new(Rules::new(&self.settings));
        let mut waiting = Waiting::new();
        let mut asking = JoinSet::new();
        let local = LocalSet::new();
        local
            .run_until(async {
                loop {
                    tokio::select! {
                        question = self.questions.recv() => {
                            let Some(question) = question else { return };
                            self.begin(question, &rules, &mut waiting, &mut asking);
                        }
                        Some(Ok((name, answer))) = asking.join_next() => self.end(&name, &answer, &mut waiting),
                    }
                }
            })
            .await;
    }

    fn begin(
        &self,
        question: Question,
        rules: &Rc<Rules>,
        waiting: &mut Waiting,
        asking: &mut JoinSet<(String, Arc<Answer>)>,
    ) {
        let is_asked = waiting.contains_key(&question.name);
        waiting.entry(question.name.clone()).or_default().extend(question.reply);
        if is_asked {
            return;
        }
        let (rules, name) = (rules.clone(), question.name);
        let last = self.dns.upgrade().and_then(|dns| dns.last(&name));
        asking.spawn_local(async move {
            let answer = rules.ask(&name, last.as_deref()).await;
            (name, answer)
        });
    }

    fn end(&self, name: &str, answer: &Arc<Answer>, waiting: &mut Waiting) {
        if let Some(dns) = self.dns.upgrade() {
            dns.store(name, answer);
        }
        if let Some(reason) = &answer.failure {
            tracing::warn!("{name}: {reason}");
        }
        for reply in waiting.remove(name).into_iter().flatten() {
            reply(answer.clone());
        }
    }
}
