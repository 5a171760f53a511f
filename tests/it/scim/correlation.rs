//! The request id joins the answer with every audit event of the call.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use chrono::Duration;
use doorward::store::{StoreError, audit};

on_both_engines! {
    async fn the_events_of_a_call_carry_the_id_of_its_answer(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201);
        let group = okta.create_group("panel-north-users", &[&ada.id()]).await.expect(201);
        let dawn = gw.gateway.sources.now();
        for (reply, deeds) in [(&ada, ["user_provisioned"].as_slice()), (&group, &["access_changed", "group_created"])] {
            let id = reply.headers["x-request-id"].to_str().unwrap().to_owned();
            let events = gw
                .gateway
                .store
                .read::<_, StoreError, _>(acme.org, async move |tx| {
                    audit::of_request(tx, &id, dawn, dawn + Duration::seconds(1)).await
                })
                .await
                .unwrap();
            let mut found: Vec<_> = events.iter().map(|event| event.deed.as_str()).collect();
            found.sort_unstable();
            assert_eq!(found, deeds);
        }
    }
}
