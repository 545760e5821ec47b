package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AxisFilterTest {

    /** A Kalman filter as the textbook writes it, with matrices of two by two. */
    private static final class Matrices {
        private double[] state = new double[2];
        private double[][] variance = new double[2][2];

        void start(double measured, double deviation, double speedDeviation) {
            state = new double[] {measured, 0};
            variance = new double[][] {{deviation * deviation, 0}, {0, speedDeviation * speedDeviation}};
        }

        void predict(double t, double density) {
            double[][] step = {{1, t}, {0, 1}};
            state = new double[] {state[0] + t * state[1], state[1]};
            double[][] moved = multiply(multiply(step, variance), new double[][] {{1, 0}, {t, 1}});
            moved[0][0] += density * Math.pow(t, 3) / 3;
            moved[0][1] += density * Math.pow(t, 2) / 2;
            moved[1][0] += density * Math.pow(t, 2) / 2;
            moved[1][1] += density * t;
            variance = moved;
        }

        void correct(double measured, double deviation) {
            double innovation = measured - state[0];
            double innovationVariance = variance[0][0] + deviation * deviation;
            double[] gain = {variance[0][0] / innovationVariance, variance[1][0] / innovationVariance};
            state = new double[] {state[0] + gain[0] * innovation, state[1] + gain[1] * innovation};
            variance = multiply(new double[][] {{1 - gain[0], 0}, {-gain[1], 1}}, variance);
        }

        private static double[][] multiply(double[][] a, double[][] b) {
            double[][] product = new double[2][2];
            for (int i = 0; i < 2; i++) {
                for (int j = 0; j < 2; j++) {
                    product[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j];
                }
            }
            return product;
        }
    }

    @Test
    void shouldEqualAKalmanFilterWithMatrices() {
        Random random = new Random(3);
        AxisFilter filter = new AxisFilter();
        Matrices matrices = new Matrices();
        filter.start(50, 2, 100);
        matrices.start(50, 2, 100);
        for (int i = 0; i < 200; i++) {
            double seconds = 0.02 + random.nextDouble();
            double density = 200 * random.nextDouble();
            filter.predict(seconds, density);
            matrices.predict(seconds, density);
            assertThat(filter.position()).isCloseTo(matrices.state[0], within(1e-6));
            assertThat(filter.deviation()).isCloseTo(Math.sqrt(matrices.variance[0][0]), within(1e-6));
            double measured = 50 + 20 * i + 5 * random.nextGaussian();
            double deviation = 0.5 + random.nextDouble();
            filter.correct(measured, deviation);
            matrices.correct(measured, deviation);
            assertThat(filter.position()).isCloseTo(matrices.state[0], within(1e-6));
            assertThat(filter.deviation()).isCloseTo(Math.sqrt(matrices.variance[0][0]), within(1e-6));
        }
    }

    @Test
    void shouldStayWhereItIsOnceItRests() {
        AxisFilter filter = new AxisFilter();
        filter.start(0, 1, 10);
        filter.predict(1, 1);
        filter.correct(8, 1);
        double position = filter.position();
        filter.rest();
        filter.predict(5, 1);
        assertThat(filter.position()).isEqualTo(position);
    }

    @Test
    void shouldContinueAsItsCopy() {
        AxisFilter filter = new AxisFilter();
        AxisFilter copy = new AxisFilter();
        filter.start(3, 1, 10);
        filter.predict(0.5, 4);
        filter.correct(6, 1);
        copy.copy(filter);
        filter.predict(0.7, 2);
        copy.predict(0.7, 2);
        filter.correct(9, 0.5);
        copy.correct(9, 0.5);
        filter.predict(1, 1);
        copy.predict(1, 1);
        assertThat(copy.position()).isEqualTo(filter.position());
        assertThat(copy.deviation()).isEqualTo(filter.deviation());
    }
}
