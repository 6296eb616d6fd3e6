# stave_fuzz(<name> SOURCES x_fuzz.cc [LINK targets])
#
# A libFuzzer program fuzz/<name> of the fuzz preset, and a part of the target `fuzzers`. Its seeds come
# from tests/fuzz/seeds.py, under the same name. Elsewhere it does nothing.
if(STAVE_FUZZ)
  add_custom_target(fuzzers)
endif()

function(stave_fuzz name)
  if(NOT STAVE_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(fuzz_${name} ${ARG_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_LINK} -fsanitize=fuzzer)
  set_target_properties(fuzz_${name} PROPERTIES OUTPUT_NAME ${name}
                        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  add_dependencies(fuzzers fuzz_${name})
endfunction()
