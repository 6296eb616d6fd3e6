@0xb2f1c59e7d3a4c02;
# The object model: what the kernel stores and serves without knowing what it means.
#
# Frontends and people write specs; engines and controllers write status; the kernel checks, orders
# and tells whoever watches. Spec and status are structs of the types that the object's kind was
# registered with, and travel as AnyPointer.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";
using Schema = import "/capnp/schema.capnp";

struct ObjectRef {
  kind @0 :Text;        # Registered name, TitleCase: "Pod". Lookups accept any case and the plural.
  namespace @1 :Text;   # Empty for kinds without one; otherwise empty means "default".
  name @2 :Text;
  uid @3 :Text;         # Empty: whichever object has this name. Set: only that incarnation.
  revision @4 :UInt64;  # In a cause: the state of the object that made someone act. 0: not said.
}

struct Cause {
  # Why a change was made. Every change has one; `explain` walks from cause to cause.

  actor @0 :Text;        # "user/root", "plugin/node". The kernel fills it in; a caller cannot.
  reason @1 :Text;       # One sentence: "stave run debian", "restart policy: exit code 1".
  object @2 :ObjectRef;  # The object whose state made the actor act. No name: a request from outside.
  time @3 :Int64;        # Unix time, nanoseconds. The kernel fills it in.
  revision @4 :UInt64;   # Of the change. The kernel fills it in.
}

struct Metadata {
  kind @0 :Text;
  namespace @1 :Text;
  name @2 :Text;               # 1 to 512 bytes, no control characters. Image names are references.
  uid @3 :Text;                # 64 hex digits, given by the kernel at creation, never used again.
  revision @4 :UInt64;         # Of the last change. Sent with a change: compare-and-swap; 0: none.
  generation @5 :UInt64;       # Counts changes of spec. Given by the kernel.
  labels @6 :List(Common.KeyValue);
  annotations @7 :List(Common.KeyValue);
  owners @8 :List(ObjectRef);  # By uid. When the last owner is gone the kernel deletes the object.
  finalizers @9 :List(Text);   # Who wants to clean up before it is gone. Deleting waits for all.
  created @10 :Int64;          # Unix time, nanoseconds. Given by the kernel.
  deleted @11 :Int64;          # When deletion was asked for; 0: not.
  createdBy @12 :Cause;        # Why it exists. Given by the kernel.
  changedBy @13 :Cause;        # Why it last changed. Given by the kernel.
}

struct Object {
  metadata @0 :Metadata;
  spec @1 :AnyPointer;     # What is wanted. Written by whoever wants it.
  status @2 :AnyPointer;   # What is. Written by whoever does it.
}

struct Change {
  # One step of a transaction. The object's identity stands in its metadata (kind, namespace, name).

  op @0 :Op;
  object @1 :Object;
  finalizer @2 :Text;      # Only for addFinalizer, removeFinalizer, status and delete.

  enum Op {
    create @0;           # Fails [already-exists].
    update @1;           # Replaces spec, labels, annotations, owners, finalizers. Fails [not-found].
    apply @2;            # Creates, or replaces spec, labels and annotations. The same again: no change.
    status @3;           # Replaces status alone. Fails [not-found]. With a finalizer that one is added
                         # too, unless the object is being deleted.
    delete @4;           # Marks as deleted while there are finalizers, else removes. Fails [not-found].
                         # With a finalizer that one goes at the same time, for who has cleaned up
                         # already, and a status is taken as the last one; like the removal of a
                         # finalizer, that is not waited for on the disk.
    addFinalizer @5;     # No change if it is there.
    removeFinalizer @6;  # The last one of a deleted object removes it. No change if it is gone.
  }
}

struct Requirement {
  # One condition on a label or a field.

  key @0 :Text;            # A label, or a dotted path: "spec.node", "status.phase", "metadata.name".
  op @1 :Op;
  values @2 :List(Text);   # One for equals and notEquals; any number for isIn and notIn.

  enum Op { equals @0; notEquals @1; isIn @2; notIn @3; exists @4; notExists @5; }
}

struct Query {
  # Which objects. All conditions must hold.

  kind @0 :Text;                    # Required.
  namespace @1 :Text;               # Empty: all namespaces.
  name @2 :Text;                    # Empty: all names.
  labels @3 :List(Requirement);
  fields @4 :List(Requirement);
}

struct WatchEvent {
  type @0 :Type;
  object @1 :Object;     # For a removal: its last state, at the revision of the removal.

  enum Type {
    put @0;              # Created or changed, and matches the query now.
    removed @1;          # Gone, or no longer matching the query.
  }
}

interface WatchSink {
  # Implemented by whoever watches.

  events @0 (events :List(WatchEvent), revision :UInt64);
  # Changes in order of their revision. The next batch comes when this call has returned; what happens
  # in between is merged to the newest state per object. `revision`: all changes up to it were told, so
  # a watch that is opened anew continues from there.

  lost @1 (message :Text);
  # The watch ended: its starting point fell out of what is retained. List again and watch from there.
}

interface Objects {
  # The object store as one caller may use it. Methods fail with [denied] naming the missing right.

  get @0 (ref :ObjectRef) -> (object :Object) $Common.idempotent;
  # Fails [not-found].

  list @1 (query :Query) -> (objects :List(Object), revision :UInt64) $Common.idempotent;
  # Ordered by namespace and name. `revision` is the state listed; watch from it misses nothing.

  commit @2 (changes :List(Change), cause :Cause) -> (revision :UInt64, objects :List(Object));
  # All or nothing; at most 128 changes of distinct objects. Durable on return if any spec changed.
  # `objects` are the new states in the order of the changes (of a removed one, its last). Fails
  # [conflict] when a revision given in a change is not the current one, [invalid] with the field's
  # path, [not-found], [already-exists]. A transaction that changes nothing gives the current revision.

  watch @3 (query :Query, from :UInt64, sink :WatchSink) -> (watch :Common.Handle);
  # Every change after revision `from`. 0: first the present state as puts, then changes. Fails
  # [too-old]: list again. Dropping the handle ends it.

  registerKind @4 (kind :KindDefinition) -> () $Common.idempotent;
  # Makes a kind known, for as long as its schema is compatible with the one known before. Plug-ins
  # need the grant "kinds". Fails [conflict] if the kind exists with other type ids.

  kinds @5 () -> (kinds :List(KindDefinition)) $Common.idempotent;

  explain @6 (ref :ObjectRef) -> (steps :List(Step), missing :List(Text)) $Common.idempotent;
  # The chain of causes, newest first, back to a request from outside; and what the object waits for.

  struct Step {
    object @0 :ObjectRef;
    cause @1 :Cause;
    summary @2 :Text;    # The object's state in a sentence: "pending: image is being pulled".
  }
}

struct KindDefinition {
  name @0 :Text $Common.required $Common.pattern("[A-Z][A-Za-z0-9]*");
  plural @1 :Text;              # "pods"; empty: the name in lower case and an s
  shortNames @2 :List(Text);    # "po"
  namespaced @3 :Bool;
  specType @4 :UInt64;          # id of the struct
  statusType @5 :UInt64;        # 0: the kind has no status
  nodes @6 :List(Schema.Node);  # the types and all that they need, dependencies in any order
  columns @7 :List(Column);     # what a listing shows besides the name and the age
  names @8 :Text;               # RE2 expression for the whole name of a new object; empty: [a-zA-Z0-9][a-zA-Z0-9_.-]*
  nameLength @9 :UInt16;        # most bytes of it, up to 512; 0: 200

  struct Column {
    title @0 :Text;             # "STATUS"
    path @1 :Text;              # "status.phase"
  }
}
