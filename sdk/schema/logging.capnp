@0xb2f1c59e7d3a4c0c;
# A `logging` plug-in receives what containers print, besides the log file that the monitor writes.
# The engine reads log files and forwards; a slow or dead plug-in never holds up a container.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";

struct LogEntry {
  time @0 :Int64;            # Unix time, nanoseconds
  stream @1 :Stream;
  text @2 :Data;             # without the line's end
  partial @3 :Bool;          # the line goes on in the next entry
  enum Stream { stdin @0; stdout @1; stderr @2; }
}

interface LogSink {
  entries @0 (entries :List(LogEntry)) -> stream;
  end @1 ();
}

interface Logging {
  open @0 (pod :Text, container :Text, labels :List(Common.KeyValue)) -> (sink :LogSink);
  # One sink per container. Dropping it closes.
}
