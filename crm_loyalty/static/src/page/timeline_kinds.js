import {eventKinds} from "@crm_customer360/timeline/customer_timeline";

eventKinds.add("tier", {icon: "fa-star", color: "warning"});
eventKinds.add("recommendation", {icon: "fa-bullhorn", color: "info"});
eventKinds.add("complaint", {icon: "fa-exclamation-circle", color: "danger"});
eventKinds.add("complaint_closed", {icon: "fa-check-circle", color: "success"});
