@0xb2f1c59e7d3a4c31;
# What a stack's TOML file may say, apart from the plug-ins' own settings. Field names are TOML keys;
# defaults are the defaults. `include` and the tables of plug-ins are described in config/README.md.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "/stave/schema/common.capnp";
using System = import "/stave/schema/objects/system.capnp";

struct Configuration {
  daemon @0 :DaemonConfig;        # [daemon]
  endpoint @1 :EndpointConfig;    # [endpoint]
  plugins @2 :PluginsConfig;      # [plugins]
}

struct DaemonConfig {
  root @0 :Text = "/var/lib/stave";   # what survives a reboot
  run @1 :Text = "/run/stave";        # what does not: sockets, run-time state of containers
  node @2 :Text;                      # this machine's name; empty: its host name
  logLevel @3 :Level = info;
  retainRevisions @4 :UInt64 = 10000; # history of the object store that watches can resume from
  enum Level { trace @0; debug @1; info @2; warning @3; error @4; }
}

struct EndpointConfig {
  socket @0 :Text;                    # Unix socket; empty: RUN/stave.sock
  mode @1 :UInt32 = 432;              # of the socket file: 0660
  group @2 :Text;                     # of the socket file; its members have full rights
  rights @3 :List(RightsConfig);      # [[endpoint.rights]]; root and the daemon's own user may all
  tls @4 :TlsConfig;                  # [endpoint.tls]
}

struct RightsConfig {
  user @0 :Text;                      # name or number; or the common name of a TLS client certificate
  group @1 :Text;                     # name or number of the peer's group
  rights @2 :Rights;
  enum Rights { none @0; read @1; full @2; }
}

struct TlsConfig {
  # For clients on other machines: stave -H tls://HOST:PORT. Descriptors do not cross TCP, so the streams of
  # a process are not to be had there.

  address @0 :Text;                   # "0.0.0.0:7070"; empty: no TCP
  certificate @1 :Text;               # PEM files
  key @2 :Text;
  clientCa @3 :Text;                  # clients must show a certificate of it; required
}

struct PluginsConfig {
  directory @0 :Text;                 # of the shared objects; empty: lib/stave beside the daemon
  host @1 :Text;                      # the stave-host program; empty: beside the daemon
  isolation @2 :System.PluginSpec.Isolation = process;   # of plug-ins that do not say it themselves
  startDeadline @3 :UInt64 = 30000 $Common.milliseconds; # for describe and start
  pingInterval @4 :UInt64 = 10000 $Common.milliseconds;  # 0: no pings
  pingDeadline @5 :UInt64 = 30000 $Common.milliseconds;  # unanswered so long: killed, started again
}

struct PluginTable {
  # [KIND.NAME], for instance [storage.overlay]; its own settings stand in [KIND.NAME.settings].
  file @0 :Text;                      # empty: KIND-NAME.so in the plug-ins' directory
  isolation @1 :IsolationChoice;
  policy @2 :System.PluginSpec.Policy = restart;
  fallback @3 :Text;                  # for policy "fallback": NAME of another plug-in of the kind
  grants @4 :List(Text);              # "objects", "objects:Pod", "events", "kernel", "kinds", "KIND", "KIND/NAME"
  deadline @5 :UInt64 = 60000 $Common.milliseconds;      # of one call
  capabilities @6 :List(Text);        # Linux capabilities that its process keeps; "all"
  network @7 :Bool = true;            # false: its process has a network namespace with nothing in it
  enum IsolationChoice { default @0; process @1; inline @2; }
}
