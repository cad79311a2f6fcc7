package org.mooring.runtime.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Signal handlers. The JDK's only way is {@code sun.misc.Signal}, which its compiler warns of each time it is named, so
 * it is reached by reflection.
 */
public final class Signals {
    private Signals() {}

    /** Runs {@code handler} on a thread of its own at each {@code signal}, such as {@code TERM}. */
    public static void handle(String signal, Runnable handler) {
        InvocationHandler call = (proxy, method, args) -> {
            switch (method.getName()) {
                case "handle" -> handler.run();
                case "equals" -> {
                    return proxy == args[0];
                }
                case "hashCode" -> {
                    return System.identityHashCode(proxy);
                }
                default -> {
                    return "handler of SIG" + signal;
                }
            }
            return null;
        };
        try {
            Class<?> signalType = Class.forName("sun.misc.Signal");
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(handlerType.getClassLoader(), new Class<?>[] {handlerType}, call);
            signalType
                    .getMethod("handle", signalType, handlerType)
                    .invoke(null, signalType.getConstructor(String.class).newInstance(signal), proxy);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("this JVM has no sun.misc.Signal", e);
        }
    }
}
