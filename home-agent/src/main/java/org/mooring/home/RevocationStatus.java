package org.mooring.home;

import java.time.Instant;

/**
 * A revocation that is not acknowledged yet, as an operator may want to see it.
 *
 * @param transmissions how often it was sent
 * @param end when it is given up
 */
public record RevocationStatus(MobilityBinding binding, boolean informs, int transmissions, Instant end) {}
