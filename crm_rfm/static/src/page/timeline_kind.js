import {eventKinds} from "@crm_customer360/timeline/customer_timeline";

eventKinds.add("segment", {icon: "fa-exchange", color: "info"});
