package io.helmwatch.inference.tensorrt;

import java.lang.reflect.Method;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes {@code close} of a TensorRT object delete it. The presets return objects without a deallocator, so that closing them does nothing
 * (javacpp-presets, issue 1699); an object of the same class that was created by Java has one, whose address is used here.
 */
final class NativeOwnership {

    private static final Logger LOG = LoggerFactory.getLogger(NativeOwnership.class);

    private NativeOwnership() {}

    /**
     * Takes ownership.
     *
     * @param object returned by a factory function of TensorRT
     * @param sample creates an empty object of the same class
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
                    "{} is freed only when the process ends", object.getClass().getSimpleName(), e);
        } finally {
            empty.close();
        }
        return object;
    }
}
