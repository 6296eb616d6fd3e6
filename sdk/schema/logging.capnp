@0xb2f1c59e7d3a4c0c;
# A `logging` plug-in receives what containers print, besides the log file that the monitor writes.
# The engine reads log files and forwards; a slow or dead plug-in never holds up a container. The
# same sink carries `Engine.logs` to clients.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";

struct LogEntry {
  time @0 :Int64;            # when it was printed; Unix time, nanoseconds
  stream @1 :Stream;         # of the container's standard streams; a terminal has only stdout
  text @2 :Data;             # without the line's end; bytes as printed, not always UTF-8
  partial @3 :Bool;          # the line goes on in the next entry
  enum Stream { stdin @0; stdout @1; stderr @2; }
}

interface LogSink {
  # Implemented by whoever receives.

  entries @0 (entries :List(LogEntry)) -> stream;
  # In the order in which they were printed. The sender waits for a slow receiver.

  end @1 ();
  # Nothing more comes. Dropped without it: the sender failed or was cancelled.
}

interface Logging {
  open @0 (pod :Text, container :Text, labels :List(Common.KeyValue)) -> (sink :LogSink);
  # One sink per container. Dropping it closes.
}
