package org.mooring.foreign;

/**
 * A revocation that is not acknowledged yet, as an operator may want to see it.
 *
 * @param transmissions how often it was sent
 */
public record RevocationStatus(Visitor visitor, int transmissions) {}
