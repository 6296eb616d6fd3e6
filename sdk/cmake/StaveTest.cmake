include(${CMAKE_CURRENT_LIST_DIR}/StaveConformance.cmake)

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
