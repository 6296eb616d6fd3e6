@0xb2f1c59e7d3a4c26;
# Kinds that make pods: Deployment, DaemonSet, StatefulSet, Job, CronJob; and Service, which finds
# them. Controllers act on these; without the controller's plug-in in the stack they only rest.
#
# The shapes follow the Kubernetes API reference (apps/v1, batch/v1, core/v1) as far as the names are the
# same. In every status `observedGeneration` is that of the spec which the status answers.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "../common.capnp";
using Obj = import "../object.capnp";
using Pod = import "pod.capnp";
using Network = import "../network.capnp";

struct PodTemplate {
  # What each pod that is made looks like.

  labels @0 :List(Common.KeyValue);        # by which the maker finds its pods again
  annotations @1 :List(Common.KeyValue);
  spec @2 :Pod.PodSpec $Common.required;
}

struct DeploymentSpec {
  # So many alike pods, replaced step by step when the template changes.

  replicas @0 :UInt32 = 1;              # 0: none runs
  selector @1 :List(Obj.Requirement) $Common.required;   # on labels; must match the template's
  template @2 :PodTemplate $Common.required;
  maxSurge @3 :Text = "25%";            # number or percentage of replicas above the wanted
  maxUnavailable @4 :Text = "25%";      # likewise below it; not both 0
  minReadyMs @5 :UInt64 $Common.milliseconds;   # so long ready before it counts as available
  progressDeadlineMs @6 :UInt64 = 600000 $Common.milliseconds;   # without progress; then it has failed
  paused @7 :Bool;                      # a change of the template waits
  historyLimit @8 :UInt32 = 10;         # old templates that are kept for a roll-back
  keepFailed @9 :Bool;                  # do not roll back by itself
}

struct DeploymentStatus {
  observedGeneration @0 :UInt64;
  replicas @1 :UInt32;                  # pods that there are
  updated @2 :UInt32;                   # of them with the present template
  ready @3 :UInt32;                     # of them ready
  available @4 :UInt32;                 # and for minReadyMs
  message @5 :Text;                     # why it does not go on; empty: it does, or is done
}

struct DaemonSetSpec {
  # One pod on each node.

  selector @0 :List(Obj.Requirement) $Common.required;
  template @1 :PodTemplate $Common.required;
}

struct DaemonSetStatus { observedGeneration @0 :UInt64; desired @1 :UInt32; ready @2 :UInt32; }
# desired: nodes that should have one.

struct StatefulSetSpec {
  # Pods NAME-0, NAME-1... that keep their name and their volumes; made and removed one by one.

  replicas @0 :UInt32 = 1;
  selector @1 :List(Obj.Requirement) $Common.required;
  template @2 :PodTemplate $Common.required;
  volumes @3 :List(Text);               # names in the template's volumes that each replica has its own of
}

struct StatefulSetStatus { observedGeneration @0 :UInt64; replicas @1 :UInt32; ready @2 :UInt32; }

struct JobSpec {
  # Pods that run to an end.

  completions @0 :UInt32 = 1;           # that must end with exit code 0
  parallelism @1 :UInt32 = 1;           # at a time
  backoffLimit @2 :UInt32 = 6;          # failed pods before the job fails
  deadlineMs @3 :UInt64 $Common.milliseconds;   # 0: none
  template @4 :PodTemplate $Common.required;
}

struct JobStatus { active @0 :UInt32; succeeded @1 :UInt32; failed @2 :UInt32; message @3 :Text; }
# Counts of pods. message: why the job failed; empty: it did not.

struct CronJobSpec {
  # Makes a Job at given times.

  schedule @0 :Text $Common.required;   # five fields of crontab(5)
  timeZone @1 :Text;                    # empty: UTC
  concurrency @2 :Concurrency;          # when the last job still runs
  job @3 :JobSpec $Common.required;
  suspended @4 :Bool;                   # makes no new ones
  enum Concurrency { allow @0; forbid @1; replace @2; }   # forbid: skips this time
}

struct CronJobStatus { lastRun @0 :Int64; nextRun @1 :Int64; active @2 :List(Text); }
# Unix time, nanoseconds; 0: never. active: names of jobs.

struct ServiceSpec {
  # One address and name for the pods that the selector finds.

  selector @0 :List(Obj.Requirement);   # of pods, on labels
  ports @1 :List(ServicePort) $Common.required;
  headless @2 :Bool;                    # no virtual address; DNS gives the pods'
  clientAffinityMs @3 :UInt64 $Common.milliseconds;   # 0: none
  nodePorts @4 :Bool;                   # also at a port of every node
}

struct ServicePort {
  name @0 :Text;                        # needed only where there are several
  port @1 :UInt16 $Common.minimum(1);   # of the service's address
  targetPort @2 :UInt16;                # 0: the same
  protocol @3 :Network.PortMapping.Protocol;
  nodePort @4 :UInt16;                  # 0: any
}

struct ServiceStatus { address @0 :Text; endpoints @1 :UInt32; }
# address: the virtual one, empty for a headless service. endpoints: pods that are ready.
