/** What moves guests on a host: QEMU and its monitor, bridge and tap, the ssh session with the other host, the verbs of the program. */
@NullMarked
package org.mooring.migrator.host;

import org.jspecify.annotations.NullMarked;
