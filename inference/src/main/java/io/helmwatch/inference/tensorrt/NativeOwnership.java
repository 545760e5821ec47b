package io.helmwatch.inference.tensorrt;

import java.lang.reflect.Method;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes {@code close} of a TensorRT object delete it. The presets hand objects out without a deallocator, so that closing them does nothing
 * (javacpp-presets, issue 1699); an object of the same class that Java made has one, whose address is borrowed here.
 */
final class NativeOwnership {

    private static final Logger LOG = LoggerFactory.getLogger(NativeOwnership.class);

    private NativeOwnership() {}

    /**
     * Takes ownership.
     *
     * @param object what a factory function of TensorRT returned
     * @param sample makes an empty object of the same class
     * @return the object, deleted by {@code close}
     */
    static <P extends Pointer> P own(P object, Supplier<P> sample) {
        P empty = sample.get();
        try {
            Method deallocator = Pointer.class.getDeclaredMethod("deallocator");
            deallocator.setAccessible(true);
            Object found = deallocator.invoke(empty);
            Method address = found.getClass().getDeclaredMethod("deallocatorAddress");
            address.setAccessible(true);
            Method init = Pointer.class.getDeclaredMethod("init", long.class, long.class, long.class, long.class);
            init.setAccessible(true);
            init.invoke(object, object.address(), 1L, object.address(), address.invoke(found));
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.debug(
                    "{} will be freed with the process only", object.getClass().getSimpleName(), e);
        } finally {
            empty.close();
        }
        return object;
    }
}
