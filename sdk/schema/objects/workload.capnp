@0xb2f1c59e7d3a4c26;
# Kinds that make pods: Deployment, DaemonSet, StatefulSet, Job, CronJob; and Service, which finds
# them. Controllers act on these; without the controller's plug-in in the stack they only rest.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "../common.capnp";
using Obj = import "../object.capnp";
using Pod = import "pod.capnp";
using Network = import "../network.capnp";

struct PodTemplate {
  labels @0 :List(Common.KeyValue);
  annotations @1 :List(Common.KeyValue);
  spec @2 :Pod.PodSpec $Common.required;
}

struct DeploymentSpec {
  replicas @0 :UInt32 = 1;
  selector @1 :List(Obj.Requirement) $Common.required;   # on labels; must match the template's
  template @2 :PodTemplate $Common.required;
  maxSurge @3 :Text = "25%";            # number or percentage of replicas above the wanted
  maxUnavailable @4 :Text = "25%";
  minReadyMs @5 :UInt64 $Common.milliseconds;
  progressDeadlineMs @6 :UInt64 = 600000 $Common.milliseconds;
  paused @7 :Bool;
  historyLimit @8 :UInt32 = 10;
  keepFailed @9 :Bool;                  # do not roll back by itself
}
struct DeploymentStatus {
  observedGeneration @0 :UInt64;
  replicas @1 :UInt32;
  updated @2 :UInt32;
  ready @3 :UInt32;
  available @4 :UInt32;
  message @5 :Text;
}

struct DaemonSetSpec {
  selector @0 :List(Obj.Requirement) $Common.required;
  template @1 :PodTemplate $Common.required;
}
struct DaemonSetStatus { observedGeneration @0 :UInt64; desired @1 :UInt32; ready @2 :UInt32; }

struct StatefulSetSpec {
  replicas @0 :UInt32 = 1;
  selector @1 :List(Obj.Requirement) $Common.required;
  template @2 :PodTemplate $Common.required;
  volumes @3 :List(Text);               # names in the template's volumes that each replica has its own of
}
struct StatefulSetStatus { observedGeneration @0 :UInt64; replicas @1 :UInt32; ready @2 :UInt32; }

struct JobSpec {
  completions @0 :UInt32 = 1;
  parallelism @1 :UInt32 = 1;
  backoffLimit @2 :UInt32 = 6;          # failed pods before the job fails
  deadlineMs @3 :UInt64 $Common.milliseconds;   # 0: none
  template @4 :PodTemplate $Common.required;
}
struct JobStatus { active @0 :UInt32; succeeded @1 :UInt32; failed @2 :UInt32; message @3 :Text; }

struct CronJobSpec {
  schedule @0 :Text $Common.required;   # five fields of crontab(5)
  timeZone @1 :Text;                    # empty: UTC
  concurrency @2 :Concurrency;
  job @3 :JobSpec $Common.required;
  suspended @4 :Bool;
  enum Concurrency { allow @0; forbid @1; replace @2; }
}
struct CronJobStatus { lastRun @0 :Int64; nextRun @1 :Int64; active @2 :List(Text); }

struct ServiceSpec {
  selector @0 :List(Obj.Requirement);   # of pods, on labels
  ports @1 :List(ServicePort) $Common.required;
  headless @2 :Bool;                    # no virtual address; DNS gives the pods'
  clientAffinityMs @3 :UInt64 $Common.milliseconds;   # 0: none
  nodePorts @4 :Bool;
}
struct ServicePort {
  name @0 :Text;
  port @1 :UInt16 $Common.minimum(1);
  targetPort @2 :UInt16;                # 0: the same
  protocol @3 :Network.PortMapping.Protocol;
  nodePort @4 :UInt16;                  # 0: any
}
struct ServiceStatus { address @0 :Text; endpoints @1 :UInt32; }
