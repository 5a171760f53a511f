use super::*;
use crate::base::sources::ManualClock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A memory with a clock in hand, of a number that counts its own fetches.
struct Bench {
    clock: Arc<ManualClock>,
    memory: Remembered<usize, &'static str>,
    fetches: AtomicUsize,
}

impl Bench {
    fn new() -> Self {
        let clock = ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let memory = Remembered::new(Sources::by_hand(Arc::clone(&clock), 7));
        Self { clock, memory, fetches: AtomicUsize::new(0) }
    }

    async fn good(&self) -> Result<usize, &'static str> {
        Ok(self.fetches.fetch_add(1, Ordering::SeqCst) + 1)
    }

    async fn bad(&self) -> Result<usize, &'static str> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        Err("away")
    }

    async fn get(&self) -> Result<Arc<usize>, Arc<&'static str>> {
        self.memory.get("a", async || self.good().await).await
    }

    async fn get_while_away(&self) -> Result<Arc<usize>, Arc<&'static str>> {
        self.memory.get("a", async || self.bad().await).await
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_thing_is_fetched_once_an_hour() {
    let bench = Bench::new();
    assert_eq!(*bench.get().await.unwrap(), 1);
    bench.clock.advance(TimeDelta::minutes(59));
    assert_eq!(*bench.get().await.unwrap(), 1);
    bench.clock.advance(TimeDelta::minutes(1));
    assert_eq!(*bench.get().await.unwrap(), 2);
}

#[tokio::test]
async fn many_callers_make_one_fetch() {
    let bench = Bench::new();
    let slow = async || {
        tokio::task::yield_now().await;
        bench.good().await
    };
    let all = futures::future::join_all((0..20).map(|_| bench.memory.get("a", slow))).await;
    assert!(all.iter().all(|seen| **seen.as_ref().unwrap() == 1));
    assert_eq!(bench.fetches(), 1);
}

#[tokio::test]
async fn the_last_good_one_serves_a_day_while_the_idp_is_away() {
    let bench = Bench::new();
    bench.get().await.unwrap();
    bench.clock.advance(TimeDelta::hours(2));
    assert_eq!(*bench.get_while_away().await.unwrap(), 1);
    assert_eq!(*bench.get_while_away().await.unwrap(), 1);
    assert_eq!(bench.fetches(), 2, "one try a minute");
    bench.clock.advance(TimeDelta::hours(22));
    assert_eq!(bench.get_while_away().await, Err(Arc::new("away")));
}

#[tokio::test]
async fn a_failure_is_told_for_five_seconds_without_asking_again() {
    let bench = Bench::new();
    assert!(bench.get_while_away().await.is_err());
    assert!(bench.get().await.is_err());
    assert_eq!(bench.fetches(), 1);
    bench.clock.advance(TimeDelta::seconds(5));
    assert!(bench.get().await.is_ok());
}

#[tokio::test]
async fn a_fetch_is_demanded_at_most_once_a_minute() {
    let bench = Bench::new();
    let demand = async |had: &Arc<usize>| bench.memory.demand("a", had, async || bench.good().await).await.unwrap();
    let first = bench.get().await.unwrap();
    let second = demand(&first).await;
    assert_eq!((*second, bench.fetches()), (2, 2));
    assert_eq!((*demand(&first).await, bench.fetches()), (2, 2), "somebody else has fetched it already");
    assert_eq!((*demand(&second).await, bench.fetches()), (2, 2), "too soon");
    bench.clock.advance(TimeDelta::seconds(60));
    assert_eq!((*demand(&second).await, bench.fetches()), (3, 3));
}

#[tokio::test]
async fn a_demand_that_fails_leaves_the_last_good_one() {
    let bench = Bench::new();
    let first = bench.get().await.unwrap();
    let seen = bench.memory.demand("a", &first, async || bench.bad().await).await;
    assert_eq!(seen, Ok(first));
}

#[tokio::test]
async fn a_forgotten_thing_is_fetched_anew() {
    let bench = Bench::new();
    bench.get().await.unwrap();
    bench.memory.forget("a").await;
    assert_eq!(*bench.get().await.unwrap(), 2);
}
