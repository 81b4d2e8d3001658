//! A version is put in force in a running hub: on both stores, with restarts, while facts pour in.

use crate::DAVID;
use crate::harness::{On, World, read_settings};
use channels::portal::Portal;
use hub::kept::Kept;
use hub::{Clock, Hub, Order, Refusal, Settings};
use model::{Id, Item, PersonId};
use pathway::Pathway;
use std::future::Future as _;
use std::sync::Arc;
use store::{Location, Store};
use testkit::story::{DAY_0, Story};

const PATHWAY: &str = "post-surgical-follow-up";

fn follow_up(pathways: &[Arc<Pathway>]) -> Arc<Pathway> {
    Arc::clone(pathways.iter().find(|p| p.name == PATHWAY).unwrap())
}

/// A version as it would be sent: the folder's with some of its text replaced.
fn kept(settings: &Settings, from: &str, to: &str) -> Kept {
    let text = follow_up(&settings.pathways).source.clone();
    assert!(text.contains(from), "{from}");
    let codes = pathway::shipped::SHIPPED_CODES.iter();
    Kept {
        name: PATHWAY.into(),
        source: text.replacen(from, to, 1),
        codes: codes.map(|(path, text)| (format!("codes/{path}"), (*text).to_owned())).collect(),
        teams: settings.teams.iter().map(|t| t.name.clone()).collect(),
        by: "lena".into(),
    }
}

/// The nurse calls half an hour later.
fn later() -> Kept {
    kept(&read_settings(), "day 1 at 09:00", "day 1 at 09:30")
}

fn publish(version: Id, over: Id) -> Order {
    Order::Publish { pathway: PATHWAY.into(), version, over: Some(over), folder: None }
}

fn version_of(world: &mut World, person: PersonId) -> Id {
    world.hub().store().journeys(person).unwrap()[0].version
}

fn in_force(world: &mut World) -> Id {
    follow_up(world.hub().in_force()).version
}

fn a_version_is_in_force_without_a_restart(on: On) {
    let mut world = World::new(on, DAY_0.plus_ms(60_000));
    let david = Story::david();
    world.hears(&david.discharge());
    let david = world.person("1001");
    let old = in_force(&mut world);
    let new = world.hub().keep(&later()).unwrap();
    assert_eq!(in_force(&mut world), old, "what is kept is not in force by that");
    let number = world.hub().order("lena", "a", &publish(new.version, old)).unwrap();
    assert_eq!(world.hub().order("lena", "b", &publish(new.version, old)).unwrap(), number, "the same is one order");
    // Whoever is on the way stays, whoever begins takes the new one.
    world.hears(&Story::katie().discharge());
    let katie = world.person("1002");
    assert_eq!((version_of(&mut world, david), version_of(&mut world, katie)), (old, new.version));
    world.goes_on(1, "09:00");
    assert_eq!(world.open(david, "check").len(), 1, "as it began");
    assert!(world.open(katie, "check").is_empty());
    // A new process has it too: no folder says it.
    world.start();
    assert_eq!(in_force(&mut world), new.version);
    world.goes_on(1, "09:30");
    assert_eq!(world.open(katie, "check").len(), 1);
    // Back again, the same way.
    let back = world.hub().order("lena", "c", &publish(old, new.version)).unwrap();
    assert!(back > number);
    world.start();
    assert_eq!(in_force(&mut world), old);
    let again = world.hub().order("lena", "d", &publish(new.version, old)).unwrap();
    assert!(again > back, "what was in force before may be so again");
    world.start();
    assert_eq!(in_force(&mut world), new.version);
    assert_eq!(version_of(&mut world, david), old);
    assert!(world.words(DAVID, DAY_0).is_empty(), "nobody is told anything by that");
}

#[test]
fn a_version_is_in_force_without_a_restart_on_sqlite() {
    a_version_is_in_force_without_a_restart(On::Sqlite);
}

#[test]
fn a_version_is_in_force_without_a_restart_on_postgres() {
    a_version_is_in_force_without_a_restart(On::Postgres);
}

#[test]
fn an_order_stands_until_the_folders_own_file_changes() {
    let mut world = World::new(On::Sqlite, DAY_0.plus_ms(60_000));
    let old = in_force(&mut world);
    let new = world.hub().keep(&later()).unwrap();
    world.hub().order("lena", "a", &publish(new.version, old)).unwrap();
    let third = kept(&read_settings(), "day 1 at 09:00", "day 1 at 09:45");
    let newest = world.hub().keep(&third).unwrap();
    world.hub().order("lena", "b", &publish(newest.version, new.version)).unwrap();
    let with = |world: &mut World, folder: &Arc<Pathway>| {
        let mut settings = read_settings();
        settings.pathways.iter_mut().filter(|p| p.name == PATHWAY).for_each(|p| *p = Arc::clone(folder));
        settings.older = vec![follow_up(&read_settings().pathways)];
        world.settings = Arc::new(settings);
        world.start();
        in_force(world)
    };
    let folder = follow_up(&read_settings().pathways);
    assert_eq!(with(&mut world, &folder), newest.version, "the folder is as it was when it was ordered");
    assert_eq!(with(&mut world, &newest), newest.version, "the folder caught up");
    assert_eq!(with(&mut world, &new), new.version, "the folder changed to another: its file is newer");
    // What is ordered then is ordered over the folder's.
    let wrong = world.hub().order("lena", "c", &publish(newest.version, old));
    assert!(matches!(wrong, Err(hub::Error::InForce(Some(now))) if now == new.version), "{wrong:?}");
    world.hub().order("lena", "d", &publish(newest.version, new.version)).unwrap();
    assert_eq!(with(&mut world, &new), newest.version);
    // A file that is gone from the folder is a change of it, too.
    let mut settings = read_settings();
    settings.pathways.retain(|p| p.name != PATHWAY);
    world.settings = Arc::new(settings);
    world.start();
    assert!(!world.hub().in_force().iter().any(|p| p.name == PATHWAY));
}

#[test]
fn what_may_not_be_put_in_force_is_refused() {
    let mut world = World::new(On::Sqlite, DAY_0.plus_ms(60_000));
    let old = in_force(&mut world);
    let unknown = Id::of(&[b"nowhere"]);
    let refused = world.hub().order("lena", "a", &publish(unknown, old));
    assert!(matches!(&refused, Err(hub::Error::Order(Refusal::NoVersion))), "{refused:?}");
    let new = world.hub().keep(&later()).unwrap();
    for over in [None, Some(unknown), Some(new.version)] {
        let order = Order::Publish { pathway: PATHWAY.into(), version: new.version, over, folder: None };
        let refused = world.hub().order("lena", "b", &order);
        assert!(matches!(refused, Err(hub::Error::InForce(Some(now))) if now == old), "{refused:?}");
    }
    let other = Order::Publish { pathway: "standing-stop".into(), version: new.version, over: Some(old), folder: None };
    assert!(
        matches!(world.hub().order("lena", "c", &other), Err(hub::Error::Order(Refusal::NoVersion))),
        "of another pathway"
    );
    let broken = Kept { source: "pathway: x\n".into(), ..later() };
    assert!(matches!(world.hub().keep(&broken), Err(hub::Error::Order(Refusal::Unreadable))));
    assert_eq!(in_force(&mut world), old);
}

/// People who are discharged while a version is put in force.
fn people(from: usize, to: usize) -> Vec<Story> {
    let one = |n: usize| {
        let phone = format!("+1917555{n:04}");
        Story::of(&format!("p{n}"), "Pat", &format!("Doe{n}"), "female", "1970-01-01", &phone)
    };
    (from..to).map(one).collect()
}

fn items(stories: &[Story]) -> Vec<Item> {
    let mut out = Vec::new();
    for story in stories {
        let source = wire::Source::trusted("hospital", "northside", DAY_0.plus_ms(60_000));
        let read = wire::fhir(story.discharge().to_string().as_bytes(), &source).unwrap();
        out.extend(read.in_order().into_iter().map(|(_, item)| item.clone()));
    }
    out
}

/// A real hub, with its threads.
async fn hub(location: &Location) -> Hub {
    let at = location.clone();
    let store = tokio::task::spawn_blocking(move || Store::open(&at, true).unwrap()).await.unwrap();
    Hub::start(store, read_settings(), Clock::scaled(DAY_0.plus_ms(60_000), 0.0), vec![Arc::new(Portal)]).await.unwrap()
}

/// The versions that these people are on, once all are on one.
async fn versions(hub: &Hub, stories: &[Story]) -> Vec<Id> {
    for _ in 0..3_000 {
        let (store, mrns) = (hub.store().clone(), stories.iter().map(|s| s.person.mrn.clone()).collect::<Vec<_>>());
        let found = tokio::task::spawn_blocking(move || {
            let version = |mrn: &String| {
                let person = store.whose(&[model::inbox::key(testkit::fhir::MRN, mrn)]).unwrap()?;
                let rows = store.journeys(person).unwrap();
                assert!(rows.len() <= 1, "one journey each");
                rows.first().map(|row| row.version)
            };
            mrns.iter().filter_map(version).collect::<Vec<_>>()
        });
        let found = found.await.unwrap();
        if found.len() == stories.len() {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("a turn is lost");
}

fn no_turn_is_lost_while_a_version_is_put_in_force(location: &Location) {
    const BEFORE: usize = 40;
    const MEANWHILE: usize = 160;
    const AFTER: usize = 40;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let hub = hub(location).await;
        let old = follow_up(&hub.in_force()).version;
        let before = people(0, BEFORE);
        hub.accept(items(&before)).await.unwrap();
        let was = versions(&hub, &before).await;
        assert!(was.iter().all(|v| *v == old));
        let meanwhile = people(BEFORE, BEFORE + MEANWHILE);
        let pouring = {
            let (hub, stories) = (hub.clone(), people(BEFORE, BEFORE + MEANWHILE));
            tokio::spawn(async move {
                for story in stories {
                    hub.accept(items(&[story])).await.unwrap();
                }
            })
        };
        let new = hub.keep(later()).await.unwrap();
        // Two at once over the same version: one is first, the other is told.
        let third = hub.keep(kept(&read_settings(), "day 1 at 09:00", "day 1 at 09:45")).await.unwrap();
        let (a, b) = tokio::join!(
            hub.order("lena", "a", publish(new.version, old)),
            hub.order("nora", "b", publish(third.version, old))
        );
        let won = match (a, b) {
            (Ok(1), Err(hub::Error::InForce(Some(now)))) => now,
            (Err(hub::Error::InForce(Some(now))), Ok(1)) => now,
            other => panic!("{other:?}"),
        };
        assert_eq!(follow_up(&hub.in_force()).version, won);
        // From the answer on whoever begins takes it.
        let after = people(BEFORE + MEANWHILE, BEFORE + MEANWHILE + AFTER);
        hub.accept(items(&after)).await.unwrap();
        pouring.await.unwrap();
        assert!(versions(&hub, &after).await.iter().all(|v| *v == won));
        assert!(versions(&hub, &meanwhile).await.iter().all(|v| [old, won].contains(v)));
        assert_eq!(versions(&hub, &before).await, was, "journeys keep their version");
        hub.stop().await;
        drop(hub);
        let hub = self::hub(location).await;
        assert_eq!(follow_up(&hub.in_force()).version, won);
        assert_eq!(hub.put_in_force_by(PATHWAY).map(|o| o.number), Some(1));
        assert_eq!(versions(&hub, &before).await, was);
        hub.stop().await;
    });
}

#[test]
fn no_turn_is_lost_while_a_version_is_put_in_force_on_sqlite() {
    let path = std::env::temp_dir().join(format!("throughline-publish-{}.db", std::process::id()));
    no_turn_is_lost_while_a_version_is_put_in_force(&Location::Sqlite(path.clone()));
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

#[test]
fn no_turn_is_lost_while_a_version_is_put_in_force_on_postgres() {
    let database = testkit::postgres::database();
    no_turn_is_lost_while_a_version_is_put_in_force(&Location::Postgres { url: database.url(), lanes: 4 });
}

#[test]
fn an_order_that_fell_does_not_come_back_with_the_folder() {
    let mut world = World::new(On::Sqlite, DAY_0.plus_ms(60_000));
    let first = follow_up(&read_settings().pathways);
    let second = world.hub().keep(&later()).unwrap();
    let third = world.hub().keep(&kept(&read_settings(), "day 1 at 09:00", "day 1 at 09:45")).unwrap();
    let with = |world: &mut World, folder: &Arc<Pathway>| {
        let mut settings = read_settings();
        settings.pathways.iter_mut().filter(|p| p.name == PATHWAY).for_each(|p| *p = Arc::clone(folder));
        settings.older = vec![follow_up(&read_settings().pathways)];
        world.settings = Arc::new(settings);
        world.start();
        in_force(world)
    };
    let fallen = |world: &mut World| {
        let rows = world.hub().store().changes().unwrap();
        rows.iter().filter(|r| r.kind == "fell").map(|r| (r.who.clone(), r.json.clone())).collect::<Vec<_>>()
    };
    let a = world.hub().order("lena", "a", &publish(second.version, first.version)).unwrap();
    assert_eq!(with(&mut world, &first), second.version);
    assert!(fallen(&mut world).is_empty(), "it stands");
    // There and back, and there and back again: what was deployed decides.
    for _ in 0..2 {
        assert_eq!(with(&mut world, &third), third.version);
        assert_eq!(with(&mut world, &first), first.version, "the order does not come back");
    }
    let said = fallen(&mut world);
    assert_eq!(said.len(), 1, "it is written once: {said:?}");
    assert!(said[0].0 == "hub" && said[0].1.contains(&format!("\"of\":{a}")), "{said:?}");
    // A new order is a new one.
    let b = world.hub().order("lena", "b", &publish(second.version, first.version)).unwrap();
    assert!(b > a);
    assert_eq!(with(&mut world, &first), second.version);
    // The folder catches up with what was ordered, and then goes back: it decides.
    assert_eq!(with(&mut world, &second), second.version);
    assert_eq!(with(&mut world, &first), first.version);
    assert_eq!(fallen(&mut world).len(), 2);
    // Nobody says so but the hub.
    let said = world.hub().order("lena", "c", &Order::Fell { pathway: PATHWAY.into(), of: b });
    assert!(matches!(said, Err(hub::Error::Order(Refusal::HubAlone))), "{said:?}");
}

#[test]
fn versions_that_no_order_names_are_not_in_the_way_of_one_to_be_in_force() {
    let mut world = World::new(On::Sqlite, DAY_0.plus_ms(60_000));
    let source = read_settings().pathways.iter().find(|p| p.name == "standing-stop").unwrap().source.clone();
    let one = |n: usize| Kept { name: "standing-stop".into(), source: format!("{source}# {n}\n"), ..later() };
    // As a start finds them.
    let mut settings = read_settings();
    for n in 0..hub::kept::UNORDERED_MAX {
        let read = one(n).read().unwrap();
        world.hub().store().desk_add(&one(n).row(read.version)).unwrap();
        settings.older.push(Arc::new(read));
    }
    world.settings = Arc::new(settings);
    world.start();
    let refused = world.hub().keep(&one(hub::kept::UNORDERED_MAX));
    assert!(matches!(&refused, Err(hub::Error::Order(Refusal::Unordered(_)))), "{refused:?}");
    world.hub().keep(&one(0)).expect("one that is known is known");
    let new = world.hub().keep_to_publish(&later()).unwrap();
    let old = in_force(&mut world);
    world.hub().order("lena", "a", &publish(new.version, old)).unwrap();
    assert_eq!(in_force(&mut world), new.version);
}

#[test]
fn an_order_whose_sender_hangs_up_is_obeyed_by_every_lane() {
    let path = std::env::temp_dir().join(format!("throughline-hang-up-{}.db", std::process::id()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let hub = hub(&Location::Sqlite(path.clone())).await;
        let old = follow_up(&hub.in_force()).version;
        // Polled once, and gone.
        let mut keeping = Box::pin(hub.keep(later()));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(keeping.as_mut().poll(cx).is_pending())).await);
        drop(keeping);
        let version = later().read().unwrap().version;
        let until = |what: &'static str, done: &dyn Fn() -> bool| {
            let till = std::time::Instant::now() + std::time::Duration::from_secs(30);
            while !done() {
                assert!(std::time::Instant::now() < till, "{what}");
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        };
        tokio::task::block_in_place(|| until("the version is never known", &|| hub.version(version).is_some()));
        let shadow = Order::Shadow { pathway: PATHWAY.into(), version, why: "to see".into() };
        hub.order("lena", "s", shadow).await.unwrap();
        assert_eq!(hub.shadows().len(), 1);
        let mut giving = Box::pin(hub.order("lena", "p", publish(version, old)));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(giving.as_mut().poll(cx).is_pending())).await);
        drop(giving);
        let obeyed = || follow_up(&hub.in_force()).version == version;
        tokio::task::block_in_place(|| until("the order is never obeyed", &obeyed));
        assert!(hub.shadows().is_empty(), "a version that is in force runs in shadow no more");
        // Every lane knows: whoever begins takes it.
        let after = people(0, 40);
        hub.accept(items(&after)).await.unwrap();
        assert!(versions(&hub, &after).await.iter().all(|v| *v == version));
        hub.stop().await;
    });
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
}
