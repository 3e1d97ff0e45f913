//! Reports in the form of the Admin API.

use gopura_balancer::Resolution;
use serde_json::json;

use crate::setup::{balancer, named, target};

#[test]
fn targets() {
    let checks = json!({"healthchecks": {"passive": {"unhealthy": {"http_failures": 1}}}});
    let mut failing = named("z.test", 10, &[]);
    failing.resolution = Resolution::Failed("dns server error: 3 name error".to_owned());
    let named = named("y.test", 10, &[("10.0.0.8:80", None), ("10.0.0.9:80", None)]);
    let index = balancer(&checks, vec![target(1, 100), target(2, 0), named, failing]);
    index.set_health("10.0.0.1", 80, None, false).unwrap();
    index.set_health("y.test", 80, Some("10.0.0.9".parse().unwrap()), false).unwrap();
    let reports = index.target_reports();
    let healths: Vec<_> = reports.iter().map(gopura_balancer::TargetReport::health).collect();
    assert_eq!(healths, ["UNHEALTHY", "HEALTHCHECKS_OFF", "HEALTHY", "DNS_ERROR"]);
    assert_eq!(
        serde_json::to_value(&reports[0]).unwrap(),
        json!({
            "addresses": [{"health": "UNHEALTHY", "ip": "10.0.0.1", "port": 80, "weight": 100}],
            "dns": "A", "host": "10.0.0.1", "nodeWeight": 100, "port": 80,
            "weight": {"available": 0, "total": 100, "unavailable": 100},
        })
    );
    assert_eq!(reports[3].dns, "dns server error: 3 name error");
    let off = balancer(&json!({}), vec![target(1, 100)]);
    assert_eq!(off.target_reports()[0].health(), "HEALTHCHECKS_OFF");
}

#[test]
fn a_name_in_an_srv_record_stands_for_its_address() {
    let mut through_name = named("y.test", 10, &[("10.0.0.8:90", Some(5))]);
    if let Resolution::Addresses { endpoints, .. } = &mut through_name.resolution {
        endpoints[0].nested = Some("a.test".into());
    }
    let reports = balancer(&json!({}), vec![through_name]).target_reports();
    let address = &reports[0].addresses[0];
    assert_eq!((&*address.ip, address.port, address.weight), ("a.test", 90, 5));
}

#[test]
fn the_whole() {
    let checks = json!({"healthchecks": {"threshold": 60, "passive": {"unhealthy": {"http_failures": 1}}}});
    let index = balancer(&checks, vec![target(1, 100), target(2, 100)]);
    index.set_health("10.0.0.1", 80, None, false).unwrap();
    let host = |last: u8, healthy: bool| {
        let (available, unavailable) = if healthy { (100, 0) } else { (0, 100) };
        json!({
            "addresses": [{"healthy": healthy, "ip": format!("10.0.0.{last}"), "port": 80, "weight": 100}],
            "dns": "A", "host": format!("10.0.0.{last}"), "nodeWeight": 100, "port": 80,
            "weight": {"available": available, "total": 100, "unavailable": unavailable},
        })
    };
    assert_eq!(
        serde_json::to_value(index.report_on_all()).unwrap(),
        json!({
            "health": "UNHEALTHY", "balancer_health": "UNHEALTHY",
            "details": {
                "healthy": false,
                "weight": {"available": 100, "total": 200, "unavailable": 100},
                "hosts": [host(1, false), host(2, true)],
            },
        })
    );
    let off = balancer(&json!({}), vec![target(1, 100)]).report_on_all();
    assert_eq!((off.health, off.balancer_health), ("HEALTHCHECKS_OFF", "HEALTHY"));
}
