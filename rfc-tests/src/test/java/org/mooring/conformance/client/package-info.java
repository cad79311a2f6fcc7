/**
 * A client of the two agents, and agents for the guest hook, that were written from the RFCs alone, and their questions to the programs as they run.
 *
 * <p>They speak raw frames: as a mobile node at home and away, as foreign and home agent of somebody else, as guest, as correspondent, as forger. Their
 * octets, checksums and authenticators are their own, so that a misreading that the programs share among each other is seen. Therefore
 * nothing in this package may use the module {@code protocol}, nor the programs but as processes; {@link IndependenceTest} checks that.
 *
 * <p>Each test has a mobile node of its own, so that they don't meet, though the programs run on. That nothing is answered is shown by
 * another question behind it, over the same way, which is.
 */
@NullMarked
package org.mooring.conformance.client;

import org.jspecify.annotations.NullMarked;
