package org.mooring.runtime.control;

import io.netty.handler.codec.http.HttpResponseStatus;

/** A request on the control socket that is not done: what is wrong with it, and the HTTP status that says so. */
public final class Refusal extends Exception {
    private final int status;

    private Refusal(HttpResponseStatus status, String what) {
        super(what);
        this.status = status.code();
    }

    /** 400. */
    public static Refusal badRequest(String what) {
        return new Refusal(HttpResponseStatus.BAD_REQUEST, what);
    }

    /** 404. */
    public static Refusal notFound(String what) {
        return new Refusal(HttpResponseStatus.NOT_FOUND, what);
    }

    /** 405. */
    static Refusal methodNotAllowed(String what) {
        return new Refusal(HttpResponseStatus.METHOD_NOT_ALLOWED, what);
    }

    /** 409: understood, but not in the state that things are in. */
    public static Refusal conflict(String what) {
        return new Refusal(HttpResponseStatus.CONFLICT, what);
    }

    /** 503: nobody answers in time, or nobody can. */
    public static Refusal unavailable(String what) {
        return new Refusal(HttpResponseStatus.SERVICE_UNAVAILABLE, what);
    }

    public int status() {
        return status;
    }
}
