import {eventKinds} from "@crm_customer360/timeline/customer_timeline";

eventKinds.add("tier", {icon: "fa-star", color: "warning"});
