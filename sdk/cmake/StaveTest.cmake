# stave_test(<name> SOURCES x_test.cc... [LINK targets] [TIMEOUT seconds] [LABELS labels])
#
# One test executable, registered with CTest as one test: it runs in the process of ctest's choosing and
# has a time limit of its own (60 seconds unless told otherwise).
function(stave_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  if(NOT ARG_SOURCES)
    return()  # a folder whose tests are found by pattern and has none yet
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE stave::sdk ${ARG_LINK} GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# stave_conformance(<kind> <name> [SETTINGS json] [WITH kind/name=json...] [TIMEOUT seconds] [LABELS l])
#
# Runs the suite of the kind against this tree's plug-in <kind>-<name>, in the test's process and in a
# process of its own, as two tests. WITH names other plug-ins of this tree that it needs, each with
# settings if it wants some: `content/local` or `content/local={"reserve":0}`.
function(stave_conformance kind name)
  cmake_parse_arguments(ARG "" "SETTINGS;TIMEOUT" "WITH;LABELS" ${ARGN})
  if(NOT STAVE_TESTS)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(modules ${CMAKE_BINARY_DIR}/lib/stave)
  set(arguments ${kind} ${modules}/${kind}-${name}.so)
  if(ARG_SETTINGS)
    list(APPEND arguments --settings ${ARG_SETTINGS})
  endif()
  foreach(companion ${ARG_WITH})
    string(REGEX REPLACE "=.*" "" companion_name "${companion}")
    string(REPLACE "/" "-" companion_file "${companion_name}.so")
    set(argument ${companion_name}=${modules}/${companion_file})
    if(companion MATCHES "=(.*)")
      string(APPEND argument ":${CMAKE_MATCH_1}")
    endif()
    list(APPEND arguments --with ${argument})
  endforeach()
  foreach(isolation inline process)
    set(test conformance_${kind}_${name}_${isolation})
    add_test(NAME ${test}
             COMMAND ${CMAKE_BINARY_DIR}/bin/stave-conformance ${arguments} --isolation=${isolation})
    set_tests_properties(${test} PROPERTIES TIMEOUT ${ARG_TIMEOUT}
                         LABELS "conformance;${ARG_LABELS}")
  endforeach()
endfunction()
