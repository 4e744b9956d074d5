export { startRegister } from './start.ts';
