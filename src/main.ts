import { mount } from 'svelte';
import App from './ui/App.svelte';
import './ui/theme.css';

const target = document.querySelector('#app');
if (target) mount(App, { target });
