package io.helmwatch.pipeline.cli.process;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGHUP, which makes services read their configuration again.
 *
 * <p>Java has no public way to it; {@code sun.misc.Signal} is in every JDK (module {@code jdk.unsupported}) and is reached by
 * reflection, since naming it is a compiler warning that cannot be turned off.
 */
public final class HangUpSignal {
    private static final Logger LOG = LoggerFactory.getLogger(HangUpSignal.class);

    private HangUpSignal() {}

    /** Runs the work on a thread of its own at each SIGHUP, which then no longer ends the process. */
    public static void handle(Runnable work) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler start = (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                    Thread thread = new Thread(work, "reload");
                    thread.setDaemon(true);
                    thread.start();
                }
                return null;
            };
            Object proxy = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, start);
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), proxy);
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.warn("SIGHUP is not supported on this machine: use POST /reload");
        }
    }
}
