# Libraries that both the platform and every plug-in need.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS filesystem)
pkg_check_modules(CAPNP REQUIRED IMPORTED_TARGET capnp-rpc)
find_program(CAPNP_EXECUTABLE capnp REQUIRED)
find_program(CAPNPC_CXX_EXECUTABLE capnpc-c++ REQUIRED)
