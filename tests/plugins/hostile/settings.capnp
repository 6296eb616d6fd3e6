@0xb2f1c59e7d3a4cf1;
# How the plug-in that behaves badly is to behave. For tests of the supervisor.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "/stave/schema/common.capnp";

struct HostileSettings {
  behaviour @0 :Behaviour = serve;
  exitCode @1 :UInt8 = 3;            # for exitAtStart
  marker @2 :Text;                   # a file that is appended to at each start; empty: none
  delay @3 :UInt64 = 60000 $Common.milliseconds $Common.minimum(100);   # for slow

  enum Behaviour {
    serve @0;          # does what it should
    exitAtStart @1;    # ends its process before it has started
    hangAtStart @2;    # never answers the start
    failAtStart @3;    # answers it with an error
    garbage @4;        # writes nonsense to the daemon's socket as soon as it is called
    blockLoop @5;      # blocks its event loop as soon as it is called
    crash @6;          # dies of a signal as soon as it is called
    slow @7;           # answers calls only after the delay
    crashOnce @8;      # dies in the first life (the marker has one line), serves in the next
    nonsense @9;       # answers a question that was never asked, as soon as it is called
    half @10;          # writes the beginning of a large message and no more, as soon as it is called
  }
}
