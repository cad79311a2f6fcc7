/**
 * A client of the two agents that was written from the RFCs alone, and its questions to the programs as they run.
 *
 * <p>It speaks raw frames: as a mobile node at home and away, as foreign and home agent of somebody else, as correspondent, as forger. Its
 * octets, checksums and authenticators are its own, so that a misreading that the agents share among each other is seen. Therefore
 * nothing in this package may use the module {@code protocol}, nor the agents but as processes; {@link IndependenceTest} checks that.
 *
 * <p>Each test has a mobile node of its own, so that they don't meet, though the programs run on. That nothing is answered is shown by
 * another question behind it, over the same way, which is.
 */
@NullMarked
package org.mooring.conformance.client;

import org.jspecify.annotations.NullMarked;
