# find_package(somemem CONFIG) gives the targets somemem::shared and somemem::static, those of them that are installed. They are also
# the components that may be asked for.
# Everything is found from where this file is, <prefix>/share/cmake/somemem, so the whole may be moved.

get_filename_component(_somemem_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

set(_somemem_folders lib)
if(CMAKE_SIZEOF_VOID_P EQUAL 8)
  list(INSERT _somemem_folders 0 lib64)
endif()
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(INSERT _somemem_folders 0 "lib/${CMAKE_LIBRARY_ARCHITECTURE}")
endif()

foreach(_somemem_kind IN ITEMS SHARED STATIC)
  string(TOLOWER ${_somemem_kind} _somemem_target)
  set(_somemem_file "${CMAKE_${_somemem_kind}_LIBRARY_PREFIX}somemem${CMAKE_${_somemem_kind}_LIBRARY_SUFFIX}")
  if(WIN32 AND _somemem_kind STREQUAL "SHARED")
    # What is linked with is the import library; cargo gives both their names.
    if(MSVC)
      set(_somemem_file somemem.dll.lib)
    else()
      set(_somemem_file libsomemem.dll.a)
    endif()
  endif()
  foreach(_somemem_folder IN LISTS _somemem_folders)
    set(_somemem_path "${_somemem_prefix}/${_somemem_folder}/${_somemem_file}")
    if(EXISTS "${_somemem_path}" AND NOT TARGET somemem::${_somemem_target})
      add_library(somemem::${_somemem_target} ${_somemem_kind} IMPORTED)
      set_target_properties(somemem::${_somemem_target} PROPERTIES
        IMPORTED_LOCATION "${_somemem_path}"
        INTERFACE_INCLUDE_DIRECTORIES "${_somemem_prefix}/include")
      if(WIN32 AND _somemem_kind STREQUAL "SHARED")
        set_target_properties(somemem::shared PROPERTIES
          IMPORTED_LOCATION "${_somemem_prefix}/bin/somemem.dll"
          IMPORTED_IMPLIB "${_somemem_path}")
      endif()
    endif()
  endforeach()
endforeach()

# What the Rust standard library in the static one needs of the system.
if(TARGET somemem::static AND UNIX AND NOT APPLE)
  set_property(TARGET somemem::static PROPERTY INTERFACE_LINK_LIBRARIES util rt pthread m dl)
elseif(TARGET somemem::static AND WIN32)
  set_property(TARGET somemem::static PROPERTY INTERFACE_LINK_LIBRARIES kernel32 ntdll userenv ws2_32 dbghelp)
endif()

if(NOT TARGET somemem::shared AND NOT TARGET somemem::static)
  set(somemem_FOUND FALSE)
  set(somemem_NOT_FOUND_MESSAGE "no somemem library in ${_somemem_folders} under ${_somemem_prefix}")
endif()
foreach(_somemem_target IN LISTS somemem_FIND_COMPONENTS)
  if(somemem_FIND_REQUIRED_${_somemem_target} AND NOT TARGET somemem::${_somemem_target})
    set(somemem_FOUND FALSE)
    set(somemem_NOT_FOUND_MESSAGE "there is no somemem::${_somemem_target}")
  endif()
endforeach()

unset(_somemem_prefix)
unset(_somemem_folders)
unset(_somemem_kind)
unset(_somemem_target)
unset(_somemem_file)
unset(_somemem_folder)
unset(_somemem_path)
