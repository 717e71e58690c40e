# Whether this version is compatible with the requested one: it is not older and has the same SONAME. While the version is 0.x, each
# minor version has a SONAME of its own.

set(PACKAGE_VERSION 0.1.0)
string(REGEX MATCH "^[0-9]+\\.[0-9]+" _somemem_series ${PACKAGE_VERSION})

if(PACKAGE_FIND_VERSION_RANGE)
  set(_somemem_least ${PACKAGE_FIND_VERSION_MIN})
  if(PACKAGE_VERSION VERSION_GREATER PACKAGE_FIND_VERSION_MAX
     OR (PACKAGE_FIND_VERSION_RANGE_MAX STREQUAL "EXCLUDE" AND PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION_MAX))
    set(PACKAGE_VERSION_UNSUITABLE TRUE)
  endif()
else()
  set(_somemem_least ${PACKAGE_FIND_VERSION})
endif()

if(PACKAGE_VERSION VERSION_LESS _somemem_least OR PACKAGE_VERSION_UNSUITABLE)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
elseif(PACKAGE_FIND_VERSION_RANGE OR "${_somemem_least}." MATCHES "^${_somemem_series}\\."
       OR (PACKAGE_FIND_VERSION_COUNT EQUAL 1 AND PACKAGE_VERSION MATCHES "^${_somemem_least}\\."))
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
else()
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
endif()
if(PACKAGE_VERSION VERSION_EQUAL "${PACKAGE_FIND_VERSION}")
  set(PACKAGE_VERSION_EXACT TRUE)
endif()

unset(_somemem_series)
unset(_somemem_least)
